using System.Globalization;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Doubles as text, with Python's layout and its rounding: of the exact binary value, halves to even.</summary>
internal static class FloatText
{
    /// <summary>The shortest digits that read back as the same double: <c>2.0</c>, <c>1e-07</c>, <c>1e+16</c>.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        (string digits, int exponent) = Decompose(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            return sign + digits[0] + (digits.Length > 1 ? "." + digits[1..] : "") + ExponentText(exponent);
        }

        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        return digits.Length <= exponent + 1
            ? sign + digits + new string('0', exponent + 1 - digits.Length) + ".0"
            : sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    /// <summary>Python's <c>%.nf</c>.</summary>
    public static string Fixed(double value, int decimals)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        string digits = Scaled(value, decimals).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        string text = decimals == 0 ? digits : digits[..^decimals] + "." + digits[^decimals..];
        return double.IsNegative(value) ? "-" + text : text;
    }

    /// <summary>Python's <c>%.ne</c>.</summary>
    public static string Exponent(double value, int decimals)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        (string digits, int exponent) = Significant(value, decimals + 1);
        string sign = double.IsNegative(value) ? "-" : "";
        return sign + digits[0] + (decimals > 0 ? "." + digits[1..] : "") + ExponentText(exponent);
    }

    /// <summary>Python's <c>%.ng</c>; <paramref name="keepZeros"/> is its <c>#</c> flag.</summary>
    public static string General(double value, int precision, bool keepZeros)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        precision = Math.Max(precision, 1);
        (_, int exponent) = Significant(value, precision);
        bool scientific = exponent < -4 || exponent >= precision;
        string text = scientific ? Exponent(value, precision - 1) : Fixed(value, precision - 1 - exponent);
        if (keepZeros || !text.Contains('.', StringComparison.Ordinal))
        {
            return text;
        }

        int mantissaEnd = scientific ? text.IndexOf('e', StringComparison.Ordinal) : text.Length;
        return text[..mantissaEnd].TrimEnd('0').TrimEnd('.') + text[mantissaEnd..];
    }

    /// <summary>Python's <c>round(value, decimals)</c>; decimals may be negative.</summary>
    public static double Round(double value, int decimals)
    {
        const int BeyondAnyDigit = 324;
        if (!double.IsFinite(value) || decimals > BeyondAnyDigit)
        {
            return value;
        }

        if (decimals >= 0)
        {
            return double.Parse(Fixed(value, decimals), CultureInfo.InvariantCulture);
        }

        int zeros = Math.Min(-decimals, BeyondAnyDigit);
        string size = string.Create(CultureInfo.InvariantCulture, $"{Scaled(value, -zeros)}E{zeros}");
        return Math.CopySign(double.Parse(size, CultureInfo.InvariantCulture), value);
    }

    private static string NotFinite(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    private static string ExponentText(int exponent) =>
        "e" + (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);

    // The digits without zeros at either end, and the power of ten of the first.
    private static (string Digits, int Exponent) Decompose(string text)
    {
        int e = text.IndexOf('E', StringComparison.Ordinal);
        int exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? text : text[..e];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        int whole = point < 0 ? mantissa.Length : point;
        string all = mantissa.Replace(".", "", StringComparison.Ordinal);
        string digits = all.TrimStart('0');
        exponent += whole - 1 - (all.Length - digits.Length);
        digits = digits.TrimEnd('0');
        return digits.Length == 0 ? ("0", 0) : (digits, exponent);
    }

    // |value| · 10^decimals, rounded to a whole number.
    private static BigInteger Scaled(double value, int decimals)
    {
        RenderBudget.Allocate(Math.Abs(decimals));
        (BigInteger mantissa, int exponent) = Binary(value);
        BigInteger numerator = decimals > 0 ? mantissa * BigInteger.Pow(10, decimals) : mantissa;
        BigInteger denominator = decimals < 0 ? BigInteger.Pow(10, -decimals) : BigInteger.One;
        return RoundedQuotient(exponent > 0 ? numerator << exponent : numerator, exponent < 0 ? denominator << -exponent : denominator);
    }

    private static BigInteger RoundedQuotient(BigInteger numerator, BigInteger denominator)
    {
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int half = (rest << 1).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    // |value| = mantissa · 2^exponent.
    private static (BigInteger Mantissa, int Exponent) Binary(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        long fraction = bits & 0xF_FFFF_FFFF_FFFF;
        return exponent == 0 ? (fraction, -1074) : (fraction | (1L << 52), exponent - 1075);
    }

    private static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0)
        {
            return (new string('0', RenderBudget.Allocate(count)), 0);
        }

        int exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        while (true)
        {
            // The estimate may be off by one, and rounding may carry into a further digit.
            string digits = Scaled(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
            if (digits.Length == count)
            {
                return (digits, exponent);
            }

            exponent += digits.Length > count ? 1 : -1;
        }
    }
}
