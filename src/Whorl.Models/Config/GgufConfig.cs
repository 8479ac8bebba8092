using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Whorl.Formats;

namespace Whorl.Models;

/// <summary>
/// Turns GGUF metadata into the config.json that the same model has on the hub, so that a family reads one spelling only.
/// </summary>
/// <remarks>
/// Keys of the architecture that nobody reads are looked at as in <see cref="ConfigReader"/>. Source: ggml's docs/gguf.md.
/// </remarks>
public sealed class GgufConfig
{
    private readonly IReadOnlyDictionary<string, object> _metadata;
    private readonly ICheckpoint _checkpoint;
    private readonly string _file;
    private readonly HashSet<string> _read = [];
    private readonly JsonObject _config = [];

    /// <summary>Reads the keys that all architectures share.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="checkpoint">Its tensors; what the metadata do not say is told by which tensors there are.</param>
    /// <param name="file">The file, for messages.</param>
    public GgufConfig(IReadOnlyDictionary<string, object> metadata, ICheckpoint checkpoint, string file)
    {
        (_metadata, _checkpoint, _file) = (metadata, checkpoint, file);
        Architecture = metadata.TryGetValue("general.architecture", out object? name) && name is string text
            ? text
            : throw new ModelFormatException(file, "is missing or not a string", "general.architecture");
        Copy("embedding_length", "hidden_size");
        Copy("block_count", "num_hidden_layers");
        Copy("attention.head_count", "num_attention_heads");
        Copy("attention.head_count_kv", "num_key_value_heads");
        Copy("attention.key_length", "head_dim");
        Copy("feed_forward_length", "intermediate_size");
        Copy("context_length", "max_position_embeddings");
        Copy("attention.layer_norm_rms_epsilon", "rms_norm_eps");
        Copy("attention.layer_norm_epsilon", "layer_norm_epsilon");
        Copy("attention.sliding_window", "sliding_window");
        Copy("rope.freq_base", "rope_theta");
        ReadRotary();
        Set("tie_word_embeddings", !HasTensor("output.weight"));
        Set("vocab_size", checkpoint.Get("token_embd.weight").Shape[0]);
    }

    /// <summary>The value of <c>general.architecture</c>.</summary>
    public string Architecture { get; }

    /// <summary>Sets a key of the config.</summary>
    public void Set(string key, JsonNode? value) => _config[key] = value;

    /// <summary>Sets a key of the config that the file says nothing of.</summary>
    public void Assume(string key, JsonNode value)
    {
        if (!_config.ContainsKey(key))
        {
            _config[key] = value;
        }
    }

    /// <summary>Gives a key of the config another name.</summary>
    public void Rename(string from, string to)
    {
        if (_config.TryGetPropertyValue(from, out JsonNode? value))
        {
            _config.Remove(from);
            _config[to] = value;
        }
    }

    /// <summary>
    /// Copies one of the architecture's keys, if it is there, to a key of the config; a list whose elements are all the same as that one.
    /// </summary>
    public void Copy(string gguf, string key)
    {
        if (Value(gguf) is { } value)
        {
            _config[key] = value switch
            {
                string text => text,
                bool flag => flag,
                Array list when Uniform(list) is { } one and not bool => one is string same ? same : ToJson(one, gguf),
                Array list => new JsonArray([.. list.Cast<object>().Select(element => ToJson(element, gguf))]),
                _ => ToJson(value, gguf),
            };
        }
    }

    /// <summary>One of the architecture's keys, or null where it is absent.</summary>
    /// <param name="key">The key without the architecture's name.</param>
    public object? Value(string key)
    {
        _read.Add(key);
        return _metadata.GetValueOrDefault($"{Architecture}.{key}");
    }

    /// <summary>One of the architecture's numbers.</summary>
    /// <param name="key">The key without the architecture's name.</param>
    /// <exception cref="ModelFormatException">It is absent or not a number.</exception>
    public double Number(string key) => OptionalNumber(key) ?? throw new ModelFormatException(_file, "is missing", $"{Architecture}.{key}");

    /// <summary>One of the architecture's numbers, or null where it is absent.</summary>
    /// <param name="key">The key without the architecture's name.</param>
    /// <exception cref="ModelFormatException">It is not a number.</exception>
    public double? OptionalNumber(string key) => Value(key) is { } value
        ? ToNumber(value is Array list && Uniform(list) is { } one ? one : value, key)
        : null;

    /// <summary>One of the architecture's lists of truth values, or null where it is absent or something else.</summary>
    /// <param name="key">The key without the architecture's name.</param>
    public IReadOnlyList<bool>? Flags(string key) => Value(key) is Array list && list.Cast<object>().All(element => element is bool)
        ? [.. list.Cast<bool>()]
        : null;

    /// <summary>One of the architecture's lists, or null where it is absent or one number.</summary>
    /// <param name="key">The key without the architecture's name.</param>
    /// <exception cref="ModelFormatException">It is a list of something else than numbers.</exception>
    public IReadOnlyList<double>? Numbers(string key) =>
        Value(key) is Array list ? [.. list.Cast<object>().Select(element => ToNumber(element, key))] : null;

    /// <summary>Whether the file holds a tensor.</summary>
    public bool HasTensor(string name) => _checkpoint.TryGet(name, out _);

    /// <summary>
    /// Rotary frequencies are divided by what the tensors <c>rope_freqs</c> or <c>rope_factors_long</c> and <c>_short</c> hold, if they are
    /// there.
    /// </summary>
    public void DivisorsInCheckpoint()
    {
        bool isLong = HasTensor("rope_factors_long.weight");
        if (isLong || HasTensor("rope_freqs.weight"))
        {
            JsonObject scaling = _config["rope_scaling"] as JsonObject ?? ReadScaling(isLong ? "longrope" : "default");
            scaling["divisors_in_checkpoint"] = true;
            _config["rope_scaling"] = scaling;
        }
    }

    /// <summary>The config as it would stand in config.json.</summary>
    public ConfigReader ToReader() => new(ToElement(_config), _file);

    /// <summary>Looks at the architecture's keys that nobody read.</summary>
    /// <returns>Those of which nothing is known and that ask for something, with the architecture's name.</returns>
    /// <param name="model">What was read: a key that asks for what it does anyway is passed over. Null where that is not known.</param>
    /// <exception cref="ModelFormatException">
    /// One is known to change the result; the message names it, its value and what it would do.
    /// </exception>
    public IReadOnlyList<string> CheckUnread(DecoderSpec? model = null)
    {
        string prefix = Architecture + ".";
        JsonObject own = [];
        foreach ((string key, object value) in _metadata)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal) && !_read.Contains(key[prefix.Length..]))
            {
                own[key[prefix.Length..]] = ToPlainJson(value);
            }
        }

        ConfigReader unread = new(ToElement(own), _file) { Keys = KnownKeys.OfGguf };
        IReadOnlyList<string> unknown = unread.Unread(
            (key, value, known) => throw new ModelFormatException(
                _file, $"= {ConfigReader.Short(value)} is not supported here: it would {known.Effect}", prefix + key),
            model);
        return [.. unknown.Select(key => prefix + key)];
    }

    private static JsonElement ToElement(JsonObject config)
    {
        using var document = JsonDocument.Parse(config.ToJsonString());
        return document.RootElement.Clone();
    }

    /// <summary>Any value; numbers that JSON cannot hold as strings.</summary>
    private static JsonNode ToPlainJson(object value) => value switch
    {
        string text => text,
        bool flag => flag,
        Array list when Uniform(list) is { } one => ToPlainJson(one),
        Array list => new JsonArray([.. list.Cast<object>().Take(1000).Select(ToPlainJson)]),
        _ when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) => number,
        _ => value.ToString() ?? "",
    };

    /// <summary>The one value of a list whose elements are all the same, as some converters write what is one number; else null.</summary>
    private static object? Uniform(Array list) =>
        list.Length > 0 && list.GetValue(0) is { } first and not Array && list.Cast<object>().All(first.Equals) ? first : null;

    /// <summary>A number as it would stand in JSON; a float32 as the shortest that is the same: 1e-5, not 9.99999974e-6.</summary>
    private JsonNode ToJson(object value, string key)
    {
        double number = ToNumber(value, key);
        return value is float single ? double.Parse(single.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : number == Math.Floor(number) && Math.Abs(number) < long.MaxValue ? (long)number : number;
    }

    private double ToNumber(object value, string key) =>
        value is IConvertible and not string and not bool
        && Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && double.IsFinite(number)
            ? number
            : throw new ModelFormatException(_file, "is not a number", $"{Architecture}.{key}");

    private void ReadRotary()
    {
        if (OptionalNumber("rope.dimension_count") is { } dimensions && Value("attention.head_count") is { } heads
            && (heads is not Array list || Uniform(list) is not null))
        {
            double headSize = OptionalNumber("attention.key_length") ?? (Number("embedding_length") / Number("attention.head_count"));
            if (dimensions != headSize)
            {
                Set("partial_rotary_factor", headSize > 0 && double.IsFinite(headSize) ? dimensions / headSize : 0);
            }
        }

        string type = Value("rope.scaling.type") switch
        {
            null => "none",
            string text => text,
            _ => throw new ModelFormatException(_file, "is not a string", $"{Architecture}.rope.scaling.type"),
        };
        if (type != "none")
        {
            _config["rope_scaling"] = ReadScaling(type);
        }
    }

    private JsonObject ReadScaling(string type)
    {
        JsonObject scaling = new() { ["rope_type"] = type };
        Take("rope.scaling.factor", "factor");
        Take("rope.scaling.original_context_length", "original_max_position_embeddings");
        Take("rope.scaling.attn_factor", "attention_factor");
        Take("rope.scaling.yarn_beta_fast", "beta_fast");
        Take("rope.scaling.yarn_beta_slow", "beta_slow");
        if (OptionalNumber("rope.scaling.yarn_log_multiplier") is { } multiplier)
        {
            // A tenth of DeepSeek's mscale_all_dim; sine and cosine are left as they are, which mscale says by being the same.
            (scaling["mscale"], scaling["mscale_all_dim"]) = (Math.Round(10.0 * multiplier, 6), Math.Round(10.0 * multiplier, 6));
        }

        return scaling;

        void Take(string gguf, string key)
        {
            if (Value(gguf) is { } value)
            {
                scaling[key] = ToJson(value, gguf);
            }
        }
    }
}
