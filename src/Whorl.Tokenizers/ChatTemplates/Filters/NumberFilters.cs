using System.Globalization;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filters that make or change numbers.</summary>
internal static class NumberFilters
{
    public static Value Abs(FilterCall call)
    {
        call.Arguments.Bind("abs", 0);
        return call.Value switch
        {
            FloatValue real => new FloatValue(Math.Abs(real.Value)),
            _ when Numbers.TryInteger(call.Value, out BigInteger number) => IntValue.Of(BigInteger.Abs(number)),
            UndefinedValue => throw ChatTemplateException.Type("bad operand type for abs(): 'Undefined'"),
            _ => throw ChatTemplateException.Type($"bad operand type for abs(): '{call.Value.TypeName}'"),
        };
    }

    public static Value Int(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("int", 0, "default", "base");
        if (call.Value is StrValue text && Numbers.TryParseInteger(text.Text, Arguments.Clamped(bound[1], 10), out BigInteger parsed))
        {
            return IntValue.Of(parsed);
        }

        return Numbers.TryInteger(call.Value, out BigInteger number) ? IntValue.Of(number)
            : TryFloat(call.Value, out double real) && double.IsFinite(real) ? IntValue.Of(new BigInteger(real))
            : bound[0] ?? IntValue.Of(0);
    }

    public static Value Float(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("float", 0, "default");
        return TryFloat(call.Value, out double real) ? new FloatValue(real) : bound[0] ?? new FloatValue(0);
    }

    public static Value Round(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("round", 0, "precision", "method");
        string method = bound[1] is null ? "common" : bound[1]!.Text;
        BigInteger precision = Arguments.Integer(bound[0], 0);
        if (method is not ("common" or "ceil" or "floor"))
        {
            throw ChatTemplateException.Runtime("method must be common, ceil or floor");
        }

        if (call.Value is UndefinedValue || !Numbers.IsNumber(call.Value))
        {
            throw ChatTemplateException.Type($"type {call.Value.TypeName} doesn't define __round__ method");
        }

        if (method != "common")
        {
            return ToEdge(call.Value, IntValue.Of(precision), up: method == "ceil");
        }

        return call.Value is FloatValue real
            ? new FloatValue(FloatText.Round(real.Value, (int)BigInteger.Clamp(precision, -400, 400)))
            : RoundInteger(call.Value, precision);
    }

    public static Value FileSize(FilterCall call)
    {
        bool binary = call.Arguments.Bind("filesizeformat", 0, "binary")[0]?.IsTrue ?? false;
        if (!TryFloat(call.Value, out double bytes))
        {
            throw ChatTemplateException.Value($"could not convert to a number: {call.Value.Repr()}");
        }

        double unit = binary ? 1024 : 1000;
        if (bytes == 1)
        {
            return new StrValue("1 Byte");
        }

        if (bytes < unit)
        {
            return new StrValue(((long)bytes).ToString(CultureInfo.InvariantCulture) + " Bytes");
        }

        string prefixes = binary ? "KMGTPEZY" : "kMGTPEZY";
        int prefix = 0;
        double scale = unit;
        while (bytes >= scale * unit && prefix < prefixes.Length - 1)
        {
            scale *= unit;
            prefix++;
        }

        return new StrValue($"{FloatText.Fixed(unit * bytes / (scale * unit), 1)} {prefixes[prefix]}{(binary ? "iB" : "B")}");
    }

    private static bool TryFloat(Value value, out double real)
    {
        real = 0;
        switch (value)
        {
            case UndefinedValue undefined:
                throw undefined.Error();
            case StrValue text:
                return Numbers.TryParseFloat(text.Text, out real);
            default:
                real = Numbers.IsNumber(value) ? Numbers.ToDouble(value) : 0;
                return Numbers.IsNumber(value);
        }
    }

    // Upwards or downwards: the scaled number's next whole one, scaled back.
    private static Value ToEdge(Value value, Value precision, bool up)
    {
        Value power = Arithmetic.Power(IntValue.Of(10), precision);
        Value scaled = Arithmetic.Multiply(value, power);
        if (scaled is FloatValue real)
        {
            scaled = double.IsFinite(real.Value)
                ? IntValue.Of(new BigInteger(up ? Math.Ceiling(real.Value) : Math.Floor(real.Value)))
                : throw ChatTemplateException.Value("cannot convert float infinity or nan to integer");
        }

        return Arithmetic.Divide(scaled, power);
    }

    private static IntValue RoundInteger(Value value, BigInteger precision)
    {
        Numbers.TryInteger(value, out BigInteger number);
        if (precision.Sign >= 0)
        {
            return IntValue.Of(number);
        }

        var unit = BigInteger.Pow(10, (int)BigInteger.Min(-precision, number.GetBitLength() + 1));
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(number), unit, out BigInteger rest);
        int half = (rest * 2).CompareTo(unit);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        return IntValue.Of(number.Sign * quotient * unit);
    }
}
