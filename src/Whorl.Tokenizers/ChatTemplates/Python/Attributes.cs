namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Reads attributes and elements, as Jinja's sandbox does.</summary>
internal static class Attributes
{
    /// <summary><c>value.name</c>: the attribute first, then the element under that key.</summary>
    public static Value OfAttribute(Value value, string name)
    {
        if (IsHidden(name))
        {
            return value is UndefinedValue undefined ? throw undefined.Error() : UndefinedValue.Unsafe(value, name);
        }

        return value.Attribute(name) ?? value.Item(new StrValue(name)) ?? UndefinedValue.Missing(value, new StrValue(name));
    }

    /// <summary><c>value[key]</c>: the element first, then the attribute of that name.</summary>
    public static Value OfItem(Value value, Value key)
    {
        if (value.Item(key) is { } item)
        {
            return item;
        }

        if (key is not StrValue name)
        {
            return UndefinedValue.Missing(value, key);
        }

        return IsHidden(name.Text)
            ? UndefinedValue.Unsafe(value, name.Text)
            : value.Attribute(name.Text) ?? UndefinedValue.Missing(value, key);
    }

    /// <summary>
    /// A reader of a path such as <c>function.name</c> or <c>0.text</c>, as filters take it; an absent path reads the value itself.
    /// </summary>
    /// <param name="path">A string of names and indices parted by dots, or a single index.</param>
    /// <param name="whenMissing">Stands for an undefined element on the way; null keeps it undefined.</param>
    public static Func<Value, Value> Path(Value? path, Value? whenMissing = null)
    {
        Value[] parts = path switch
        {
            null or NoneValue => [],
            StrValue text => [.. text.Text.Split('.').Select(Part)],
            _ => [path],
        };
        return value =>
        {
            foreach (Value part in parts)
            {
                value = OfItem(value, part);
                value = value is UndefinedValue && whenMissing is not null ? whenMissing : value;
            }

            return value;
        };
    }

    private static Value Part(string text) =>
        PythonText.IsDigits(text) && Numbers.TryParseInteger(text, 10, out System.Numerics.BigInteger index)
            ? IntValue.Of(index)
            : new StrValue(text);

    private static bool IsHidden(string name) =>
        name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal);
}
