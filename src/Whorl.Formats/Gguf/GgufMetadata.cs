using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Whorl.Formats;

/// <summary>
/// The key-value pairs of a GGUF file, in its order. A value is a boxed <c>byte, sbyte, ushort, short, uint, int, ulong, long, float,
/// double, bool</c>, a <c>string</c>, an array of one of these, or (arrays of arrays) an <c>object[]</c> of arrays.
/// </summary>
/// <remarks>
/// <c>Get…</c> throws where the key is missing, <c>Find…</c> gives null; both throw where the value is of another kind. Converters differ
/// in the width and sign of integers, so every integer that fits is taken for every integer asked for.
/// </remarks>
[SuppressMessage("Naming", "CA1710", Justification = "The format calls it metadata.")]
public sealed class GgufMetadata : IReadOnlyDictionary<string, object>
{
    private readonly string _file;
    private readonly OrderedDictionary<string, object> _values;

    internal GgufMetadata(string file, OrderedDictionary<string, object> values)
    {
        _file = file;
        _values = values;
    }

    /// <summary>The value of <c>general.architecture</c>, as "llama".</summary>
    /// <exception cref="ModelFormatException">It is missing.</exception>
    public string Architecture => GetString("general.architecture");

    /// <summary>The file they are of.</summary>
    internal string File => _file;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<object> Values => _values.Values;

    /// <inheritdoc/>
    public int Count => _values.Count;

    /// <summary>A value as it is.</summary>
    /// <exception cref="ModelFormatException">The key is missing.</exception>
    public object this[string key] => _values.TryGetValue(key, out object? value) ? value : throw Missing(key);

    /// <summary>The key of a value of this file's architecture: <c>"block_count"</c> gives <c>"llama.block_count"</c>.</summary>
    /// <exception cref="ModelFormatException">The file names no architecture.</exception>
    public string ArchitectureKey(string suffix) => $"{Architecture}.{suffix}";

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object value) => _values.TryGetValue(key, out value);

    /// <summary>A string that must be there.</summary>
    /// <exception cref="ModelFormatException">It is not, or is of another kind.</exception>
    public string GetString(string key) => FindString(key) ?? throw Missing(key);

    /// <summary>A string, or null where the key is missing.</summary>
    /// <exception cref="ModelFormatException">The value is no string.</exception>
    public string? FindString(string key) => Find<string>(key, "a string");

    /// <summary>An integer from -2^31 to 2^31 - 1 that must be there.</summary>
    /// <exception cref="ModelFormatException">It is not, or is of another kind or out of range.</exception>
    public int GetInt32(string key) => FindInt32(key) ?? throw Missing(key);

    /// <summary>An integer from -2^31 to 2^31 - 1, or null where the key is missing.</summary>
    /// <exception cref="ModelFormatException">The value is no integer or out of range.</exception>
    public int? FindInt32(string key) => _values.TryGetValue(key, out object? value) ? ToInt32(key, value) : null;

    /// <summary>
    /// A token's id, or null where the key is missing or has what converters write for none: -1, or the largest number there is.
    /// </summary>
    /// <exception cref="ModelFormatException">The value is no integer or out of range.</exception>
    public int? FindTokenId(string key) =>
        _values.TryGetValue(key, out object? value) && value is not (uint.MaxValue or ulong.MaxValue or < 0 or < 0L or (short)-1 or (sbyte)-1)
            ? ToInt32(key, value)
            : null;

    /// <summary>A number that must be there, rounded to float32 where it is no such.</summary>
    /// <exception cref="ModelFormatException">It is not, or is no number.</exception>
    public float GetSingle(string key) => FindSingle(key) ?? throw Missing(key);

    /// <summary>A number, rounded to float32 where it is no such, or null where the key is missing.</summary>
    /// <exception cref="ModelFormatException">The value is no number.</exception>
    public float? FindSingle(string key) => _values.TryGetValue(key, out object? value) ? ToSingle(key, value) : null;

    /// <summary>A truth value that must be there.</summary>
    /// <exception cref="ModelFormatException">It is not, or is of another kind.</exception>
    public bool GetBoolean(string key) => FindBoolean(key) ?? throw Missing(key);

    /// <summary>A truth value, or null where the key is missing.</summary>
    /// <exception cref="ModelFormatException">The value is of another kind.</exception>
    public bool? FindBoolean(string key) =>
        _values.TryGetValue(key, out object? value) ? value as bool? ?? throw NotA(key, "a truth value", value) : null;

    /// <summary>An array of strings that must be there; the metadata's own, not to be changed.</summary>
    /// <exception cref="ModelFormatException">It is not, or is of another kind.</exception>
    public string[] GetStrings(string key) => FindStrings(key) ?? throw Missing(key);

    /// <summary>An array of strings, or null where the key is missing; the metadata's own, not to be changed.</summary>
    /// <exception cref="ModelFormatException">The value is of another kind.</exception>
    public string[]? FindStrings(string key) => Find<string[]>(key, "an array of strings");

    /// <summary>An array of integers that must be there.</summary>
    /// <exception cref="ModelFormatException">It is not, or is of another kind, or one is out of range.</exception>
    public int[] GetInt32s(string key) => FindInt32s(key) ?? throw Missing(key);

    /// <summary>An array of integers, or null where the key is missing.</summary>
    /// <exception cref="ModelFormatException">The value is of another kind, or one is out of range.</exception>
    public int[]? FindInt32s(string key) => FindArray(key, "an array of integers", ToInt32);

    /// <summary>An array of numbers that must be there, rounded to float32 where they are no such.</summary>
    /// <exception cref="ModelFormatException">It is not, or is of another kind.</exception>
    public float[] GetSingles(string key) => FindSingles(key) ?? throw Missing(key);

    /// <summary>An array of numbers, rounded to float32 where they are no such, or null where the key is missing.</summary>
    /// <exception cref="ModelFormatException">The value is of another kind.</exception>
    public float[]? FindSingles(string key) => FindArray(key, "an array of numbers", ToSingle);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private T? Find<T>(string key, string kind)
        where T : class => _values.TryGetValue(key, out object? value) ? value as T ?? throw NotA(key, kind, value) : null;

    private T[]? FindArray<T>(string key, string kind, Func<string, object, T> convert) => _values.GetValueOrDefault(key) switch
    {
        null => null,
        T[] values when values.GetType() == typeof(T[]) => values,
        Array values and not string[] => [.. values.Cast<object>().Select(value => convert(key, value))],
        object value => throw NotA(key, kind, value),
    };

    private int ToInt32(string key, object value)
    {
        try
        {
            return value is byte or sbyte or ushort or short or uint or int or ulong or long
                ? Convert.ToInt32(value, CultureInfo.InvariantCulture)
                : throw NotA(key, "an integer", value);
        }
        catch (OverflowException e)
        {
            throw new ModelFormatException(_file, $"the value {value} is out of range; the file is damaged", key, inner: e);
        }
    }

    private float ToSingle(string key, object value) => value switch
    {
        float single => single,
        double or byte or sbyte or ushort or short or uint or int or ulong or long => Convert.ToSingle(value, CultureInfo.InvariantCulture),
        _ => throw NotA(key, "a number", value),
    };

    private ModelFormatException Missing(string key) =>
        new(_file, "the metadata lack this key; the converter that wrote the file did not know the model, convert it again", key);

    private ModelFormatException NotA(string key, string kind, object value) =>
        new(_file, $"the metadata have a {value.GetType().Name} where {kind} should be; convert the model again", key);
}
