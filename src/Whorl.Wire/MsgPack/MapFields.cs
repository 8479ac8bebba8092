namespace Whorl.MsgPack;

/// <summary>
/// Typed and bounded reading of a map's fields: each is null where absent or nil, and of the right type and range or an error.
/// </summary>
/// <param name="map">The map.</param>
/// <param name="what">What the map is, for errors.</param>
internal readonly struct MapFields(MsgPackMap map, string what)
{
    /// <summary>The elements of an array or a tuple, which readers take alike; null for anything else.</summary>
    public static IReadOnlyList<object?>? Items(object? value) => value switch
    {
        List<object?> list => list,
        MsgPackTuple tuple => tuple.Items,
        _ => null,
    };

    /// <summary>Any value.</summary>
    public object? Value(string key) => map.GetOrNull(key);

    /// <summary>A string of at most <paramref name="maxLength"/> characters.</summary>
    public string? String(string key, int maxLength) => map.GetOrNull(key) switch
    {
        null => null,
        string text when text.Length <= maxLength => text,
        _ => throw Wrong(key, $"a string of at most {maxLength} characters"),
    };

    /// <summary>A boolean.</summary>
    public bool? Boolean(string key) => map.GetOrNull(key) switch
    {
        null => null,
        bool flag => flag,
        _ => throw Wrong(key, "a boolean"),
    };

    /// <summary>An integer from 0 to 2^31 − 1; never a float, however whole.</summary>
    public int? Int32(string key) => map.GetOrNull(key) switch
    {
        null => null,
        long and >= 0 and <= int.MaxValue and var number => (int)(long)number,
        _ => throw Wrong(key, "an integer from 0 to 2^31 - 1"),
    };

    /// <summary>An integer from 0 to 2^63 − 1.</summary>
    public long? Int64(string key) => map.GetOrNull(key) switch
    {
        null => null,
        long number when number >= 0 => number,
        _ => throw Wrong(key, "an integer from 0 to 2^63 - 1"),
    };

    /// <summary>A finite number, float or integer.</summary>
    public double? Number(string key) => map.GetOrNull(key) switch
    {
        null => null,
        double number when double.IsFinite(number) => number,
        long number => number,
        _ => throw Wrong(key, "a finite number"),
    };

    /// <summary>A finite float of 0 or more; an integer will not do.</summary>
    public double? StrictFloat(string key) => map.GetOrNull(key) switch
    {
        null => null,
        double number when double.IsFinite(number) && number >= 0 => number,
        _ => throw Wrong(key, "a finite float, not below 0"),
    };

    /// <summary>An array or tuple of at most <paramref name="maxCount"/> elements.</summary>
    public IReadOnlyList<T>? Sequence<T>(string key, int maxCount, Func<object?, T> read)
    {
        object? value = map.GetOrNull(key);
        if (value is null)
        {
            return null;
        }

        return Items(value) is { } items && items.Count <= maxCount
            ? [.. items.Select(read)]
            : throw Wrong(key, $"a sequence of at most {maxCount}");
    }

    private WireFormatException Wrong(string key, string expected) => new($"{what}: '{key}' is not {expected}");
}
