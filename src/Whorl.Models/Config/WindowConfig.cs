namespace Whorl.Models;

/// <summary>Reads sliding windows: their width, and which blocks have one.</summary>
internal static class WindowConfig
{
    /// <summary>The <c>layer_types</c> of a block that sees everything before it.</summary>
    public const string Full = "full_attention";

    /// <summary>The <c>layer_types</c> of a block with a window.</summary>
    public const string Sliding = "sliding_attention";

    /// <summary>Reads which blocks have a window: <c>layer_types</c> says so, or where it is absent the family's rule.</summary>
    /// <param name="config">The model's config.</param>
    /// <param name="slides">The family's rule: whether a block of a number slides.</param>
    public static Func<int, bool> Slides(ConfigReader config, Func<int, bool> slides)
    {
        IReadOnlyList<string>? types = config.Texts("layer_types");
        int blocks = config.Count("num_hidden_layers");
        return types is null ? slides
            : types.Count >= blocks && types.All(t => t is Full or Sliding) ? block => types[block] == Sliding
            : throw config.Unsupported("layer_types", $"{blocks} of {Full}, {Sliding}");
    }

    /// <summary>Reads the window of each block; 0 for none.</summary>
    /// <inheritdoc cref="Slides"/>
    public static Func<int, int> Read(ConfigReader config, Func<int, bool> slides)
    {
        int window = config.Int("sliding_window", absent: 0, minimum: 0);
        Func<int, bool> hasWindow = Slides(config, slides);
        return block => hasWindow(block) ? window : 0;
    }
}
