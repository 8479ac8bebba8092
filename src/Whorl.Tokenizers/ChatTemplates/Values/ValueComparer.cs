using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Equality and hashes of dictionary keys, with Python's rules: 1, 1.0 and True are one key.</summary>
internal sealed class ValueComparer : IEqualityComparer<Value>
{
    public static ValueComparer Instance { get; } = new();

    /// <summary>Whether a value can be a key: no list, dictionary or tuple that holds one.</summary>
    public static bool IsHashable(Value value)
    {
        RenderBudget.Step();
        return value is TupleValue tuple ? tuple.Items.All(IsHashable) : value is not (ListValue or DictValue);
    }

    public bool Equals(Value? x, Value? y) => x is not null && y is not null && Comparison.AreEqual(x, y);

    public int GetHashCode(Value obj)
    {
        RenderBudget.Step();
        return obj switch
        {
            StrValue text => string.GetHashCode(text.Text, StringComparison.Ordinal),
            BoolValue flag => HashOf(flag.Value ? 1 : 0),
            IntValue number => HashOf(number.Value),
            FloatValue number => double.IsInteger(number.Value) ? HashOf(new BigInteger(number.Value)) : number.Value.GetHashCode(),
            TupleValue tuple => HashOf(tuple),
            UndefinedValue => 0,
            ListValue or DictValue => throw ChatTemplateException.Type($"unhashable type: '{obj.TypeName}'"),
            _ => obj.GetHashCode(),
        };
    }

    private static int HashOf(BigInteger number) => number.GetHashCode();

    private int HashOf(TupleValue tuple)
    {
        var hash = new HashCode();
        foreach (Value item in tuple.Items)
        {
            hash.Add(GetHashCode(item));
        }

        return hash.ToHashCode();
    }
}
