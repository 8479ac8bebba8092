using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's arithmetic operators.</summary>
internal static class Arithmetic
{
    private const long MaxIntegerBits = 1 << 17;

    public static Value Add(Value left, Value right)
    {
        RefuseUndefined(left, right);
        return (left, right) switch
        {
            (StrValue a, StrValue b) => AddText(a, b),
            (ListValue a, ListValue b) => a.With(Joined(a, b)),
            (TupleValue a, TupleValue b) => a.With(Joined(a, b)),
            _ when BothNumbers(left, right) => Compute(left, right, (a, b) => a + b, (a, b) => a + b),
            (StrValue, _) => throw ChatTemplateException.Type($"can only concatenate str (not \"{right.TypeName}\") to str"),
            (SequenceValue, _) => throw ChatTemplateException.Type(
                $"can only concatenate {left.TypeName} (not \"{right.TypeName}\") to {left.TypeName}"),
            _ => throw Unsupported("+", left, right),
        };
    }

    public static Value Subtract(Value left, Value right) => Compute("-", left, right, (a, b) => a - b, (a, b) => a - b);

    public static Value Multiply(Value left, Value right)
    {
        RefuseUndefined(left, right);
        return (left, right) switch
        {
            (StrValue or SequenceValue, _) when Numbers.TryInteger(right, out BigInteger times) => Repeat(left, times),
            (_, StrValue or SequenceValue) when Numbers.TryInteger(left, out BigInteger times) => Repeat(right, times),
            (StrValue or SequenceValue, _) => throw NotAnInteger(right),
            (_, StrValue or SequenceValue) => throw NotAnInteger(left),
            _ => Compute("*", left, right, Product, (a, b) => a * b),
        };
    }

    public static Value Divide(Value left, Value right)
    {
        RequireNumbers("/", left, right);
        if (left is not FloatValue && right is not FloatValue)
        {
            Numbers.TryInteger(left, out BigInteger numerator);
            Numbers.TryInteger(right, out BigInteger denominator);
            double ratio = denominator.IsZero ? throw ByZero("division by zero") : Numbers.Ratio(numerator, denominator);
            return new FloatValue(double.IsFinite(ratio)
                ? ratio
                : throw ChatTemplateException.Value("integer division result too large for a float"));
        }

        double divisor = Numbers.ToDouble(right);
        return new FloatValue(divisor == 0 ? throw ByZero("float division by zero") : Numbers.ToDouble(left) / divisor);
    }

    public static Value FloorDivide(Value left, Value right) => Compute(
        "//",
        left,
        right,
        (a, b) => b.IsZero ? throw ByZero("integer division or modulo by zero") : Floored(a, b).Quotient,
        (a, b) => b == 0 ? throw ByZero("float floor division by zero") : Floored(a, b).Quotient);

    public static Value Modulo(Value left, Value right) => left is StrValue format
        ? PercentFormat.Format(format, right)
        : Compute(
            "%",
            left,
            right,
            (a, b) => b.IsZero ? throw ByZero("integer modulo by zero") : Floored(a, b).Remainder,
            (a, b) => b == 0 ? throw ByZero("float modulo") : Floored(a, b).Remainder);

    public static Value Power(Value left, Value right)
    {
        RequireNumbers("** or pow()", left, right);
        if (Numbers.TryInteger(left, out BigInteger value) && Numbers.TryInteger(right, out BigInteger exponent) && exponent.Sign >= 0)
        {
            bool trivial = value.IsZero || BigInteger.Abs(value).IsOne;
            if (!trivial && exponent * value.GetBitLength() > MaxIntegerBits)
            {
                throw TooLarge();
            }

            int small = trivial ? (exponent.IsZero ? 0 : 2 - (int)(exponent % 2)) : (int)exponent;
            return IntValue.Of(BigInteger.Pow(value, small));
        }

        (double x, double y) = (Numbers.ToDouble(left), Numbers.ToDouble(right));
        if (x == 0 && y < 0)
        {
            throw ByZero("0.0 cannot be raised to a negative power");
        }

        double power = Math.Pow(x, y);
        return double.IsNaN(power) && x < 0 && double.IsFinite(y)
            ? throw ChatTemplateException.Value("a power of a negative number is not real")
            : double.IsInfinity(power) && double.IsFinite(x) && double.IsFinite(y)
                ? throw ChatTemplateException.Value("Numerical result out of range")
                : new FloatValue(power);
    }

    /// <summary>The value with the other sign.</summary>
    public static Value Negate(Value value) => value switch
    {
        FloatValue real => new FloatValue(-real.Value),
        _ when Numbers.TryInteger(value, out BigInteger number) => IntValue.Of(-number),
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw ChatTemplateException.Type($"bad operand type for unary -: '{value.TypeName}'"),
    };

    /// <summary>The number itself; True becomes 1.</summary>
    public static Value Plus(Value value) => value switch
    {
        FloatValue => value,
        _ when Numbers.TryInteger(value, out BigInteger number) => IntValue.Of(number),
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw ChatTemplateException.Type($"bad operand type for unary +: '{value.TypeName}'"),
    };

    private static Value Compute(
        string symbol, Value left, Value right, Func<BigInteger, BigInteger, BigInteger> whole, Func<double, double, double> real)
    {
        RequireNumbers(symbol, left, right);
        return Compute(left, right, whole, real);
    }

    private static Value Compute(
        Value left, Value right, Func<BigInteger, BigInteger, BigInteger> whole, Func<double, double, double> real) =>
        Numbers.TryInteger(left, out BigInteger a) && Numbers.TryInteger(right, out BigInteger b)
            ? IntValue.Of(whole(a, b))
            : new FloatValue(real(Numbers.ToDouble(left), Numbers.ToDouble(right)));

    private static BigInteger Product(BigInteger a, BigInteger b)
    {
        long bits = a.GetBitLength() + b.GetBitLength();
        RenderBudget.Step(bits / 64);
        return bits > MaxIntegerBits ? throw TooLarge() : a * b;
    }

    // Both round the quotient down, so the rest has the divisor's sign.
    private static (BigInteger Quotient, BigInteger Remainder) Floored(BigInteger a, BigInteger b)
    {
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger rest);
        return rest.IsZero || rest.Sign == b.Sign ? (quotient, rest) : (quotient - 1, rest + b);
    }

    private static (double Quotient, double Remainder) Floored(double a, double b)
    {
        // CPython's float_divmod: the rest is exact, the quotient is made a whole number at the end.
        double rest = a % b;
        double quotient = (a - rest) / b;
        if (rest != 0)
        {
            if (b < 0 != rest < 0)
            {
                rest += b;
                quotient -= 1;
            }
        }
        else
        {
            rest = Math.CopySign(0, b);
        }

        if (quotient == 0)
        {
            return (Math.CopySign(0, a / b), rest);
        }

        double floor = Math.Floor(quotient);
        return (quotient - floor > 0.5 ? floor + 1 : floor, rest);
    }

    private static StrValue AddText(StrValue a, StrValue b)
    {
        bool markup = a.IsMarkup || b.IsMarkup;
        string left = markup ? Html.Escape(a) : a.Text;
        string right = markup ? Html.Escape(b) : b.Text;
        RenderBudget.Allocate((long)left.Length + right.Length);
        return new StrValue(left + right, markup);
    }

    private static Value[] Joined(SequenceValue a, SequenceValue b)
    {
        RenderBudget.Allocate((long)a.Items.Count + b.Items.Count);
        return [.. a.Items, .. b.Items];
    }

    private static Value Repeat(Value value, BigInteger times)
    {
        BigInteger count = times.Sign > 0 ? times : BigInteger.Zero;
        if (value is StrValue text)
        {
            RenderBudget.Allocate(count * text.Text.Length);
            return text.With(text.Text.Length == 0 ? "" : string.Concat(Enumerable.Repeat(text.Text, (int)count)));
        }

        var sequence = (SequenceValue)value;
        var items = new List<Value>(RenderBudget.Allocate(count * sequence.Items.Count));
        for (int i = 0; i < count && sequence.Items.Count > 0; i++)
        {
            items.AddRange(sequence.Items);
        }

        return sequence.With(items);
    }

    private static bool BothNumbers(Value left, Value right) => Numbers.IsNumber(left) && Numbers.IsNumber(right);

    private static void RequireNumbers(string symbol, Value left, Value right)
    {
        RefuseUndefined(left, right);
        if (!BothNumbers(left, right))
        {
            throw Unsupported(symbol, left, right);
        }
    }

    private static void RefuseUndefined(Value left, Value right)
    {
        if ((left as UndefinedValue ?? right as UndefinedValue) is { } undefined)
        {
            throw undefined.Error();
        }
    }

    private static ChatTemplateException Unsupported(string symbol, Value left, Value right) =>
        ChatTemplateException.Type($"unsupported operand type(s) for {symbol}: '{left.TypeName}' and '{right.TypeName}'");

    private static ChatTemplateException NotAnInteger(Value value) =>
        ChatTemplateException.Type($"can't multiply sequence by non-int of type '{value.TypeName}'");

    private static ChatTemplateException ByZero(string message) => ChatTemplateException.Value(message);

    private static ChatTemplateException TooLarge() =>
        ChatTemplateException.Limit($"a whole number of more than {MaxIntegerBits} bits");
}
