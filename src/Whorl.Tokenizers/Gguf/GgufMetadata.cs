using System.Collections;
using System.Globalization;

namespace Whorl.Tokenizers.Gguf;

/// <summary>Reading of GGUF metadata, whose values come in whatever type the file has.</summary>
internal sealed class GgufMetadata(IReadOnlyDictionary<string, object> values)
{
    public IEnumerable<string> Keys => values.Keys;

    /// <exception cref="FormatException">The value is no string.</exception>
    public string? OptionalString(string key) =>
        !values.TryGetValue(key, out object? value) ? null : value as string ?? throw Wrong(key, "a string");

    /// <exception cref="FormatException">The key is missing or its value no string.</exception>
    public string String(string key) => OptionalString(key) ?? throw Missing(key);

    /// <exception cref="FormatException">The value is no boolean.</exception>
    public bool? OptionalFlag(string key) =>
        !values.TryGetValue(key, out object? value) ? null : value as bool? ?? throw Wrong(key, "a boolean");

    /// <exception cref="FormatException">The value is no integer.</exception>
    public int? OptionalInteger(string key) => values.TryGetValue(key, out object? value) ? Integer(key, value) : null;

    /// <summary>A token's id; null for what converters write for none: -1, or the largest number there is.</summary>
    /// <exception cref="FormatException">The value is no integer.</exception>
    public int? OptionalToken(string key) => values.GetValueOrDefault(key) switch
    {
        null or uint.MaxValue or ulong.MaxValue or < 0 or < 0L or (short)-1 or (sbyte)-1 => null,
        object value => Integer(key, value),
    };

    /// <exception cref="FormatException">The key is missing or its value not an array of strings.</exception>
    public IReadOnlyList<string> Strings(string key) =>
        !values.TryGetValue(key, out object? value) ? throw Missing(key)
        : value as IReadOnlyList<string> ?? (value is IEnumerable<string> items ? [.. items] : FromObjects(key, value));

    /// <exception cref="FormatException">The value is not an array of numbers.</exception>
    public float[]? OptionalFloats(string key) => Convert(key, value => System.Convert.ToSingle(value, CultureInfo.InvariantCulture));

    /// <exception cref="FormatException">The value is not an array of integers.</exception>
    public int[]? OptionalIntegers(string key) => Convert(key, value => Integer(key, value));

    /// <summary>An array of bytes, signed or not.</summary>
    /// <exception cref="FormatException">The value is not an array of integers.</exception>
    public byte[]? OptionalBytes(string key) =>
        values.GetValueOrDefault(key) as byte[] ?? Convert(key, value => (byte)(Integer(key, value) & 0xFF));

    private static FormatException Missing(string key) => new($"the key '{key}' is missing");

    private static FormatException Wrong(string key, string what) => new($"the value of '{key}' is not {what}");

    private static int Integer(string key, object value)
    {
        try
        {
            return value is float or double or string or bool
                ? throw Wrong(key, "an integer")
                : System.Convert.ToInt32(value, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is OverflowException or InvalidCastException)
        {
            throw new FormatException($"the value of '{key}' is not an integer of 32 bits", e);
        }
    }

    private static string[] FromObjects(string key, object value) =>
        value is IEnumerable items and not string
            ? [.. items.Cast<object>().Select(item => item as string ?? throw Wrong(key, "an array of strings"))]
            : throw Wrong(key, "an array of strings");

    private T[]? Convert<T>(string key, Func<object, T> convert)
    {
        if (!values.TryGetValue(key, out object? value))
        {
            return null;
        }

        if (value is T[] ready)
        {
            return ready;
        }

        try
        {
            return value is IEnumerable items and not string
                ? [.. items.Cast<object>().Select(convert)]
                : throw Wrong(key, "an array of numbers");
        }
        catch (Exception e) when (e is InvalidCastException or OverflowException)
        {
            throw new FormatException($"the value of '{key}' is not an array of numbers", e);
        }
    }
}
