using System.Globalization;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's numbers: what counts as one, and how text becomes one.</summary>
internal static class Numbers
{
    /// <summary>The value as a whole number: an int or a bool.</summary>
    public static bool TryInteger(Value value, out BigInteger number)
    {
        number = value switch
        {
            IntValue integer => integer.Value,
            BoolValue flag => flag.Value ? 1 : 0,
            _ => default,
        };
        return value is IntValue or BoolValue;
    }

    public static bool IsNumber(Value value) => value is IntValue or BoolValue or FloatValue;

    /// <summary>A number as a double, correctly rounded.</summary>
    /// <exception cref="ChatTemplateException">A whole number beyond the range of doubles.</exception>
    public static double ToDouble(Value value)
    {
        if (value is FloatValue real)
        {
            return real.Value;
        }

        TryInteger(value, out BigInteger number);
        return ToDouble(number);
    }

    public static double ToDouble(BigInteger number)
    {
        double converted = Ratio(number, BigInteger.One);
        return double.IsFinite(converted) ? converted : throw ChatTemplateException.Value("int too large to convert to float");
    }

    /// <summary>The quotient of two whole numbers as the nearest double; infinite where it is out of range.</summary>
    public static double Ratio(BigInteger numerator, BigInteger denominator)
    {
        if (numerator.IsZero)
        {
            return 0;
        }

        bool negative = numerator.Sign != denominator.Sign;
        (numerator, denominator) = (BigInteger.Abs(numerator), BigInteger.Abs(denominator));

        // 64 significant bits, of which the last also stands for everything behind it: then one rounding to 53 bits is exact.
        int shift = (int)(numerator.GetBitLength() - denominator.GetBitLength()) - 63;
        BigInteger quotient = shift > 0
            ? BigInteger.DivRem(numerator, denominator << shift, out BigInteger rest)
            : BigInteger.DivRem(numerator << -shift, denominator, out rest);
        if (quotient.GetBitLength() > 64)
        {
            rest += quotient & 1;
            quotient >>= 1;
            shift++;
        }

        ulong bits = (ulong)quotient | (rest.IsZero ? 0UL : 1UL);
        double result = Math.ScaleB(bits, shift);
        return negative ? -result : result;
    }

    /// <summary>
    /// Python's <c>int(text, radix)</c>: white space around, a sign, underscores between digits, a prefix that fits the radix.
    /// </summary>
    public static bool TryParseInteger(string text, int radix, out BigInteger number)
    {
        number = default;
        ReadOnlySpan<char> rest = PythonText.Strip(text);
        bool negative = rest is ['-', ..];
        rest = rest is ['+' or '-', ..] ? rest[1..] : rest;
        int prefixed = rest is ['0', var mark, _, ..] ? (mark | 0x20) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefixed != 0 && (radix == 0 || radix == prefixed))
        {
            radix = prefixed;
            rest = rest[2] == '_' ? rest[3..] : rest[2..];
        }

        radix = radix == 0 ? 10 : radix;
        if (radix is < 2 or > 36)
        {
            throw ChatTemplateException.Value("int() base must be >= 2 and <= 36, or 0");
        }

        if (!TryDigits(rest, radix, out number))
        {
            return false;
        }

        number = negative ? -number : number;
        return true;
    }

    /// <summary>Python's <c>float(text)</c>: white space around, underscores between digits, "inf" and "nan".</summary>
    public static bool TryParseFloat(string text, out double number)
    {
        string stripped = PythonText.Strip(text);
        string unsigned = stripped.TrimStart('+', '-');
        if (stripped.Length - unsigned.Length <= 1 && unsigned.ToLowerInvariant() is "inf" or "infinity" or "nan")
        {
            number = unsigned[0] is 'n' or 'N' ? double.NaN : stripped[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        for (int i = 0; i < stripped.Length; i++)
        {
            bool separates = stripped[i] == '_' && i > 0 && i + 1 < stripped.Length
                && char.IsAsciiDigit(stripped[i - 1]) && char.IsAsciiDigit(stripped[i + 1]);
            if (!separates && !char.IsAsciiDigit(stripped[i]) && stripped[i] is not ('.' or 'e' or 'E' or '+' or '-'))
            {
                number = 0;
                return false;
            }
        }

        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;
        return double.TryParse(stripped.Replace("_", "", StringComparison.Ordinal), Style, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The digits of a whole number in a radix of 2 to 36, in lower case, with a minus sign if need be.</summary>
    public static string ToRadix(BigInteger number, int radix)
    {
        if (number.IsZero)
        {
            return "0";
        }

        RenderBudget.Step(number.GetBitLength());
        var digits = new List<char>();
        for (BigInteger rest = BigInteger.Abs(number); !rest.IsZero; rest /= radix)
        {
            int digit = (int)(rest % radix);
            digits.Add((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }

        digits.Reverse();
        return (number.Sign < 0 ? "-" : "") + string.Concat(digits);
    }

    private static bool TryDigits(ReadOnlySpan<char> digits, int radix, out BigInteger number)
    {
        const int MaxDigits = 4300;
        number = BigInteger.Zero;
        if (digits.Length is 0 or > MaxDigits || digits[^1] == '_')
        {
            return false;
        }

        for (int i = 0; i < digits.Length; i++)
        {
            int digit = char.IsAsciiLetter(digits[i]) ? (digits[i] | 0x20) - 'a' + 10 : CharUnicodeInfo.GetDecimalDigitValue(digits[i]);
            if (digits[i] == '_' && i > 0 && digits[i - 1] != '_')
            {
                continue;
            }

            if (digit < 0 || digit >= radix)
            {
                return false;
            }

            number = (number * radix) + digit;
        }

        return true;
    }
}
