using System.Globalization;
using System.Text.Json;
using Whorl.Formats;

namespace Whorl.Models;

/// <summary>Reads config.json, or a file like it, key by key, and knows at the end which keys nobody read.</summary>
/// <remarks>
/// A value that is not understood is refused by name: a model that loads computes what its config says, as far as the keys are known.
/// </remarks>
/// <param name="config">The object.</param>
/// <param name="file">Where it stands, for messages.</param>
public sealed class ConfigReader(JsonElement config, string file)
{
    private const int LargestWidth = 1 << 24;
    private const int LargestCount = 1 << 14;

    private readonly HashSet<string> _read = [];
    private readonly Dictionary<string, JsonElement> _assumed = [];
    private readonly Dictionary<string, ConfigReader> _objects = [];

    /// <summary>Where the config stands, for messages.</summary>
    public string File { get; } = file;

    /// <summary>What is known of keys that nobody reads.</summary>
    internal KnownKeys Keys { get; init; } = KnownKeys.OfConfig;

    /// <summary>
    /// Sets what the family's reference takes for a key that its configs may leave out. A key that is there and null stays null.
    /// </summary>
    public void Assume(string key, double value)
    {
        using var number = JsonDocument.Parse(value.ToString("R", CultureInfo.InvariantCulture));
        _assumed[key] = number.RootElement.Clone();
    }

    /// <summary>Whether a key, in one of its spellings, is there and not null.</summary>
    public bool Has(string keys) => Find(keys) is not null;

    /// <summary>A whole number, at least <paramref name="minimum"/> and at most 16777216: a width, a vocabulary.</summary>
    /// <param name="keys">The key and its other spellings, separated by '|'.</param>
    /// <param name="minimum">Smallest value allowed.</param>
    /// <exception cref="ModelFormatException">It is absent, not a whole number, or out of range.</exception>
    public int Int(string keys, int minimum = 1) => OptionalInt(keys, minimum) ?? throw Missing(keys);

    /// <summary>A whole number, or the value for where it is absent or null.</summary>
    public int Int(string keys, int absent, int minimum, int maximum = LargestWidth) => OptionalInt(keys, minimum, maximum) ?? absent;

    /// <summary>A whole number, or null where it is absent or null.</summary>
    public int? OptionalInt(string keys, int minimum = 1, int maximum = LargestWidth) =>
        Find(keys) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number == Math.Floor(number)
            && number >= minimum && number <= maximum ? (int)number
        : throw Bad(keys, value, $"a whole number from {minimum} to {maximum}");

    /// <summary>
    /// A number of blocks, heads or experts, or of columns of a head: at least 1 and at most 16384, so that something can be made for each
    /// of them, and the product of two is a width.
    /// </summary>
    /// <param name="keys">The key and its other spellings, separated by '|'.</param>
    /// <param name="absent">What it is where it is absent or null; null where it must be there.</param>
    /// <exception cref="ModelFormatException">It is not a whole number in that range.</exception>
    public int Count(string keys, int? absent = null) => OptionalInt(keys, maximum: LargestCount) ?? absent ?? throw Missing(keys);

    /// <summary>A whole number, at least 1; the other value where it is absent, null or <c>"auto"</c>.</summary>
    public int IntOrAuto(string keys, int auto) =>
        Find(keys) is { ValueKind: JsonValueKind.String } text && text.ValueEquals("auto") ? auto : Int(keys, auto, minimum: 1);

    /// <summary>A <see cref="Count"/> of equal parts of a whole.</summary>
    /// <param name="keys">The key and its other spellings, separated by '|'.</param>
    /// <param name="whole">What the parts make up: the query heads that key heads are shared by, the width that heads divide.</param>
    /// <param name="absent">What it is where it is absent or null; null where it must be there.</param>
    /// <exception cref="ModelFormatException">It does not divide the whole.</exception>
    public int Divisor(string keys, int whole, int? absent = null) => Count(keys, absent) is var parts && whole % parts == 0
        ? parts
        : throw Unsupported(keys, $"{parts}", $"what divides {whole}");

    /// <summary>The longest text the model was made for, in tokens; null where the config does not say.</summary>
    public int? ContextLength(string keys = "max_position_embeddings") => OptionalInt(keys, maximum: 1_000_000_000);

    /// <summary>A number in the range of float32, or the value for where it is absent or null.</summary>
    public double Number(string keys, double? absent = null) =>
        Find(keys) is not { } value ? absent ?? throw Missing(keys)
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && float.IsFinite((float)number) ? number
        : throw Bad(keys, value, "a number that float32 can hold");

    /// <summary>A number above 0 in the range of float32, or the value for where it is absent or null.</summary>
    public double Positive(string keys, double? absent = null) => Number(keys, absent) is var value && (float)value > 0
        ? value
        : throw Unsupported(keys, value.ToString("R", CultureInfo.InvariantCulture), "a number above 0 that float32 can hold");

    /// <summary>A limit, a number above 0; 0 where it is absent or null: none.</summary>
    public float Limit(string keys) => Has(keys) ? (float)Positive(keys) : 0;

    /// <summary>True or false, or the value for where it is absent or null.</summary>
    public bool Flag(string keys, bool absent) => OptionalFlag(keys) ?? absent;

    /// <summary>True or false, or null where it is absent or null.</summary>
    public bool? OptionalFlag(string keys) =>
        Find(keys) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Bad(keys, value, "true or false");

    /// <summary>A string, or the value for where it is absent or null.</summary>
    public string Text(string keys, string? absent = null) =>
        Find(keys) is not { } value ? absent ?? throw Missing(keys)
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw Bad(keys, value, "a string");

    /// <summary>A list of numbers, or null where it is absent or null.</summary>
    public IReadOnlyList<double>? Numbers(string keys)
    {
        if (Find(keys) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number)
            && value.EnumerateArray().All(e => float.IsFinite((float)e.GetDouble()))
            ? [.. value.EnumerateArray().Select(e => e.GetDouble())]
            : throw Bad(keys, value, "a list of numbers that float32 can hold");
    }

    /// <summary>A list of strings, or null where it is absent or null.</summary>
    public IReadOnlyList<string>? Texts(string keys)
    {
        if (Find(keys) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(e => e.GetString()!)]
            : throw Bad(keys, value, "a list of strings");
    }

    /// <summary>An object, or null where it is absent, null or empty. It is the same reader each time, checked with this one.</summary>
    public ConfigReader? Object(string keys)
    {
        if (Find(keys) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Bad(keys, value, "an object");
        }

        string key = Spelling(keys);
        if (value.EnumerateObject().Any() && !_objects.ContainsKey(key))
        {
            _objects[key] = new ConfigReader(value, $"{File}: {key}") { Keys = Keys };
        }

        return _objects.GetValueOrDefault(key);
    }

    /// <summary>Reads a key that must have one of some values, or be absent.</summary>
    public void Require(string key, params ReadOnlySpan<string> allowed)
    {
        if (Find(key) is { } value && !allowed.Contains(value.ToString()) && !allowed.Contains(value.GetRawText()))
        {
            throw Bad(key, value, allowed.Length == 1 ? allowed[0] : $"one of {string.Join(", ", allowed.ToArray())}");
        }
    }

    /// <summary>Marks keys as read whose value does not matter for the family.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            _read.Add(key);
        }
    }

    /// <summary>
    /// Looks at the keys that nobody read, here and in the objects that were read; <see cref="KnownKeys"/> tells what is known of them.
    /// </summary>
    /// <returns>Those of which nothing is known and that ask for something; one in an object behind the object's name and a dot.</returns>
    /// <param name="model">What was read: a key that asks for what it does anyway is passed over. Null where that is not known.</param>
    /// <exception cref="ModelFormatException">
    /// One is known to change the result; the message names it, its value and what it would do.
    /// </exception>
    public IReadOnlyList<string> CheckUnread(DecoderSpec? model = null) => Unread(
        (key, value, known) => throw new ModelFormatException(File, $"= {Short(value)} is not supported here: it would {known.Effect}", key), model);

    /// <summary>As <see cref="CheckUnread"/>.</summary>
    /// <param name="changing">Told of those that are known to change the result.</param>
    /// <param name="model">As of <see cref="CheckUnread"/>.</param>
    internal IReadOnlyList<string> Unread(Action<string, JsonElement, KnownKey> changing, DecoderSpec? model = null)
    {
        List<string> unknown = [];
        foreach (JsonProperty property in config.EnumerateObject())
        {
            (string key, JsonElement value) = (property.Name, property.Value);
            if (_read.Contains(key))
            {
                continue;
            }

            if (Keys.Find(key) is { } known)
            {
                if (known.Changes(value, config) && !(model is not null && DoneAnyway.Is(key, known, value, model)))
                {
                    changing(key, value, known);
                }
            }
            else if (!Keys.IsHarmless(key) && KnownKeys.Asks(value))
            {
                unknown.Add(key);
            }
        }

        foreach ((string name, ConfigReader part) in _objects)
        {
            unknown.AddRange(part.Unread(changing, model).Select(key => $"{name}.{key}"));
        }

        return unknown;
    }

    /// <summary>The object as it stands in its file.</summary>
    public override string ToString() => config.GetRawText();

    /// <summary>The exception for a value that is not supported, as it stands in the config.</summary>
    /// <param name="keys">The key and its other spellings, separated by '|'; the message names the one that the config has.</param>
    /// <param name="supported">What it may be.</param>
    public ModelFormatException Unsupported(string keys, string supported) =>
        Unsupported(keys, Find(keys) is { } value ? Short(value) : "nothing", supported);

    /// <summary>The exception for a value that is not supported, told in other words than the config's.</summary>
    /// <param name="keys">The key and its other spellings, separated by '|'; the message names the one that the config has.</param>
    /// <param name="value">What it comes to.</param>
    /// <param name="supported">What it may be.</param>
    public ModelFormatException Unsupported(string keys, string value, string supported) =>
        new(File, $"= {value} is not supported; supported: {supported}", Spelling(keys));

    internal static string Short(JsonElement value)
    {
        string text = value.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= 60 ? text : text[..57] + "...";
    }

    private JsonElement? Find(string keys)
    {
        JsonElement? found = null, assumed = null;
        bool named = false;
        foreach (string key in keys.Split('|'))
        {
            _read.Add(key);
            if (config.TryGetProperty(key, out JsonElement value))
            {
                named = true;
                found ??= value.ValueKind == JsonValueKind.Null ? null : value;
            }

            assumed ??= _assumed.TryGetValue(key, out JsonElement usual) ? usual : null;
        }

        return named ? found : assumed;
    }

    /// <summary>Of a key's spellings the one that the config has.</summary>
    private string Spelling(string keys) => Array.Find(keys.Split('|'), key => config.TryGetProperty(key, out _)) ?? keys.Split('|')[0];

    private ModelFormatException Missing(string keys) => new(File, "is missing", Spelling(keys));

    private ModelFormatException Bad(string keys, JsonElement value, string expected) =>
        new(File, $"= {Short(value)} is not supported; expected {expected}", Spelling(keys));
}
