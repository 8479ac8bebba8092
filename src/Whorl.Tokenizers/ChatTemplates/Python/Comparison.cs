using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's comparison operators.</summary>
internal static class Comparison
{
    public static bool AreEqual(Value left, Value right)
    {
        RenderBudget.Step();
        if (ReferenceEquals(left, right))
        {
            return left is not FloatValue { Value: double.NaN };
        }

        return (left, right) switch
        {
            (StrValue a, StrValue b) => TextEquals(a.Text, b.Text),
            (ListValue a, ListValue b) => AreEqual(a.Items, b.Items),
            (TupleValue a, TupleValue b) => AreEqual(a.Items, b.Items),
            (DictValue a, DictValue b) => AreEqual(a, b),
            (RangeValue a, RangeValue b) => AreEqual([.. a.Elements], [.. b.Elements]),
            (UndefinedValue, UndefinedValue) => true,
            _ => Numbers.IsNumber(left) && Numbers.IsNumber(right) && Order(left, right) == 0,
        };
    }

    public static bool AreEqual(IReadOnlyList<Value> left, IReadOnlyList<Value> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Count; i++)
        {
            if (!AreSame(left[i], right[i]))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsLess(Value left, Value right) => Compare(left, right, "<") is < 0;

    public static bool IsLessOrEqual(Value left, Value right) => Compare(left, right, "<=") is <= 0;

    public static bool IsGreater(Value left, Value right) => Compare(left, right, ">") is > 0;

    public static bool IsGreaterOrEqual(Value left, Value right) => Compare(left, right, ">=") is >= 0;

    /// <summary>Python's <c>item in container</c>.</summary>
    public static bool Contains(Value container, Value item)
    {
        switch (container)
        {
            case StrValue text:
                RenderBudget.Step(text.Text.Length / 8);
                return item is StrValue part
                    ? text.Text.Contains(part.Text, StringComparison.Ordinal)
                    : throw ChatTemplateException.Type($"'in <string>' requires string as left operand, not {item.TypeName}");
            case DictValue dict:
                return dict.Find(item) is not null;
            default:
                IEnumerable<Value> elements = container.Elements
                    ?? throw ChatTemplateException.Type($"argument of type '{container.TypeName}' is not iterable");
                return elements.Any(element => AreSame(element, item));
        }
    }

    // Containers take an element for equal to itself without asking it: nan in [nan].
    private static bool AreSame(Value left, Value right) => ReferenceEquals(left, right) || AreEqual(left, right);

    private static bool AreEqual(DictValue left, DictValue right)
    {
        if (left.Entries.Count != right.Entries.Count)
        {
            return false;
        }

        foreach ((Value key, Value value) in left.Entries)
        {
            if (right.Find(key) is not { } other || !AreSame(value, other))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TextEquals(string left, string right)
    {
        RenderBudget.Step(left.Length == right.Length ? left.Length / 8 : 0);
        return string.Equals(left, right, StringComparison.Ordinal);
    }

    // Negative, zero or positive; null where nothing holds (a nan).
    private static int? Compare(Value left, Value right, string symbol)
    {
        RenderBudget.Step();
        return (left, right) switch
        {
            (StrValue a, StrValue b) => PythonText.Compare(a.Text, b.Text),
            (ListValue a, ListValue b) => Compare(a.Items, b.Items, symbol),
            (TupleValue a, TupleValue b) => Compare(a.Items, b.Items, symbol),
            _ when Numbers.IsNumber(left) && Numbers.IsNumber(right) => Order(left, right),
            (UndefinedValue a, _) => throw a.Error(),
            (_, UndefinedValue b) => throw b.Error(),
            _ => throw ChatTemplateException.Type(
                $"'{symbol}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'"),
        };
    }

    private static int? Compare(IReadOnlyList<Value> left, IReadOnlyList<Value> right, string symbol)
    {
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (!AreSame(left[i], right[i]))
            {
                return Compare(left[i], right[i], symbol);
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    private static int? Order(Value left, Value right)
    {
        if (Numbers.TryInteger(left, out BigInteger a) && Numbers.TryInteger(right, out BigInteger b))
        {
            return a.CompareTo(b);
        }

        if (left is FloatValue x && right is FloatValue y)
        {
            return double.IsNaN(x.Value) || double.IsNaN(y.Value) ? null : x.Value.CompareTo(y.Value);
        }

        return left is FloatValue real ? Order(real.Value, right) : -Order(((FloatValue)right).Value, left);
    }

    // Exact: a double beyond 2^53 is not rounded to meet a whole number.
    private static int? Order(double real, Value whole)
    {
        Numbers.TryInteger(whole, out BigInteger number);
        if (!double.IsFinite(real))
        {
            return double.IsNaN(real) ? null : real > 0 ? 1 : -1;
        }

        double floor = Math.Floor(real);
        int order = new BigInteger(floor).CompareTo(number);
        return order == 0 && real > floor ? 1 : order;
    }
}
