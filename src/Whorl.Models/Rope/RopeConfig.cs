using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// Reads rotary embedding from config.json in either spelling: <c>rope_theta</c> with <c>rope_scaling</c>, or <c>rope_parameters</c>.
/// </summary>
internal static class RopeConfig
{
    private const string Share = "partial_rotary_factor|rotary_pct|rope_pct";
    private const string Context = "max_position_embeddings|n_positions";
    private const string Trained = "original_max_position_embeddings";

    /// <summary>Reads the rotary embedding of heads of which the config may say that only a share turns.</summary>
    /// <param name="config">The model's config.</param>
    /// <param name="headSize">Width of a head.</param>
    public static RopeSpec ReadShare(ConfigReader config, int headSize)
    {
        double absent = config.Number(Share, 1);
        double share = Parameters(config)?.Number(Share, absent) ?? absent;
        int dimensions = (int)((headSize * share) + 1e-6); // down to a whole number, as the reference does; a share may be rounded itself
        return dimensions > 0 && dimensions <= headSize && (dimensions % 2 == 0 || share == 1)
            ? Read(config, dimensions)
            : throw config.Unsupported("partial_rotary_factor", $"{share}", $"what makes an even number of a head's {headSize} dimensions");
    }

    /// <summary>
    /// Reads the rotary embedding of layers with a window, where they have their own: it stands in <c>rope_parameters</c> beside the
    /// others', else it is plain.
    /// </summary>
    /// <param name="config">The model's config.</param>
    /// <param name="rotaryDimensions">Dimensions of a head that turn.</param>
    /// <param name="theta">θ of the old spelling.</param>
    public static RopeSpec ReadSliding(ConfigReader config, int rotaryDimensions, double theta)
    {
        if (config.Object("rope_parameters")?.Object(WindowConfig.Sliding) is not { } own)
        {
            return new RopeSpec { Theta = theta, RotaryDimensions = rotaryDimensions };
        }

        own.Require(Share, "1", "1.0");
        return Read(config, rotaryDimensions, theta, WindowConfig.Sliding);
    }

    /// <summary>Reads the rotary embedding of all layers.</summary>
    /// <param name="config">The model's config.</param>
    /// <param name="rotaryDimensions">Dimensions of a head that turn.</param>
    /// <param name="defaultTheta">θ where the config has none.</param>
    /// <param name="layers">Which layers', where <c>rope_parameters</c> tells them apart.</param>
    public static RopeSpec Read(ConfigReader config, int rotaryDimensions, double defaultTheta = 10_000, string layers = WindowConfig.Full)
    {
        if (rotaryDimensions % 2 != 0)
        {
            throw config.Unsupported(
                "qk_rope_head_dim|head_dim|num_attention_heads|n_head", $"{rotaryDimensions} dimensions of a head that turn",
                "an even number");
        }

        double theta = config.Positive("rope_theta|rotary_emb_base", defaultTheta);
        ConfigReader? scaling = Parameters(config, layers);
        if (scaling is null)
        {
            return new RopeSpec { Theta = theta, RotaryDimensions = rotaryDimensions };
        }

        theta = scaling.Positive("rope_theta", theta);
        return new RopeSpec
        {
            Theta = theta,
            RotaryDimensions = rotaryDimensions,
            Scaling = ReadScaling(config, scaling, rotaryDimensions),
            DivisorsInCheckpoint = scaling.Flag("divisors_in_checkpoint", false),
        };
    }

    /// <summary>
    /// The object that tells the rotation of some layers, or null; a config that has both spellings is refused, as nobody reads the other.
    /// </summary>
    internal static ConfigReader? Parameters(ConfigReader config, string layers = WindowConfig.Full) =>
        config.Object("rope_parameters") is { } parameters ? parameters.Object(layers) ?? parameters : config.Object("rope_scaling");

    private static RopeScaling ReadScaling(ConfigReader config, ConfigReader scaling, int dimensions)
    {
        string type = scaling.Text("rope_type|type", "default");
        int? context = config.ContextLength(Context);
        switch (type)
        {
            case "default" or "none":
                return RopeScaling.None;
            case "linear":
                return new LinearRope(scaling.Positive("factor"));
            case "dynamic" when dimensions == 2:
                throw scaling.Unsupported("rope_type", "\"dynamic\" for 2 dimensions that turn", "more dimensions, or another type");
            case "dynamic":
                scaling.Ignore(Trained);
                return new DynamicNtkRope(scaling.Positive("factor"), config.Int(Context));
            case "llama3":
                return new Llama3Rope(
                    scaling.Positive("factor"), scaling.Positive("low_freq_factor"), scaling.Positive("high_freq_factor"),
                    scaling.Int(Trained));
            case "yarn":
                return Yarn(scaling, context);
            case "longrope" or "su":
                return Long(config, scaling, context, dimensions);
            default:
                throw scaling.Unsupported("rope_type|type", $"\"{type}\"", "default, linear, dynamic, llama3, yarn, longrope");
        }
    }

    private static YarnRope Yarn(ConfigReader scaling, int? context)
    {
        int? original = scaling.OptionalInt(Trained);
        double factor = original is { } trained && context is { } length && !scaling.Has("factor")
            ? (double)length / trained
            : scaling.Positive("factor");
        double scale = scaling.Number("mscale", 0), allDimensions = scaling.Number("mscale_all_dim", 0);
        double attention = scaling.Has("attention_factor") ? scaling.Number("attention_factor")
            : scale != 0 && allDimensions != 0 ? Magnitude(factor, scale) / Magnitude(factor, allDimensions)
            : Magnitude(factor, 1);
        return new YarnRope(factor, original ?? context ?? scaling.Int(Trained), attention)
        {
            BetaFast = scaling.Positive("beta_fast", 32),
            BetaSlow = scaling.Positive("beta_slow", 1),
            Truncate = scaling.Flag("truncate", true),
        };
    }

    /// <summary>YaRN's magnitude: 0.1 · scale · ln(factor) + 1 beyond a factor of 1.</summary>
    internal static double Magnitude(double factor, double scale) => factor <= 1 ? 1 : (0.1 * scale * PortableMath.Log(factor)) + 1;

    private static LongRope Long(ConfigReader config, ConfigReader scaling, int? context, int dimensions)
    {
        int trained = config.OptionalInt(Trained, minimum: 2) ?? scaling.Int(Trained, minimum: 2);
        scaling.Ignore(Trained);
        double factor = context is { } length ? (double)length / trained : scaling.Positive("factor");
        scaling.Ignore("factor");
        if (scaling.Flag("divisors_in_checkpoint", false))
        {
            return new LongRope([], [], trained, scaling.Number("attention_factor", 1));
        }

        double attention = scaling.Has("attention_factor") ? scaling.Number("attention_factor")
            : factor <= 1 ? 1 : Math.Sqrt(1 + (PortableMath.Log(factor) / PortableMath.Log(trained)));
        return new LongRope(Divisors("short_factor"), Divisors("long_factor"), trained, attention);

        IReadOnlyList<double> Divisors(string key) =>
            scaling.Numbers(key) is { } list && list.Count == dimensions / 2 && list.All(d => d > 0)
                ? list
                : throw scaling.Unsupported(key, $"{dimensions / 2} numbers above 0");
    }
}
