using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Whorl.Tokenizers.Json;

/// <summary>
/// Reads numbers as the reference's JSON parser does (serde_json without float_roundtrip): the digits as one integer, rounded, then one
/// multiplication or division by a power of ten, rounded again. Where scores tie, the last bit decides which tokens win.
/// </summary>
internal static class ReferenceNumber
{
    private const int MaxPower = 308;

    // 1e0 to 1e308, each correctly rounded.
    private static readonly double[] Powers =
        [.. Enumerable.Range(0, MaxPower + 1).Select(power => double.Parse($"1e{power}", CultureInfo.InvariantCulture))];

    /// <summary>The value of a JSON number.</summary>
    public static double Read(JsonElement number) => Read(JsonMarshal.GetRawUtf8Value(number));

    internal static double Read(ReadOnlySpan<byte> text)
    {
        bool negative = text[0] == '-';
        ulong digits = 0;
        int exponent = 0;
        bool fraction = false;
        bool full = false; // no further digit fits
        int i = negative ? 1 : 0;
        for (; i < text.Length && text[i] is not ((byte)'e' or (byte)'E'); i++)
        {
            if (text[i] == '.')
            {
                fraction = true;
                continue;
            }

            ulong digit = (ulong)(text[i] - '0');
            full |= digits > (ulong.MaxValue - digit) / 10;
            if (!full)
            {
                digits = digits * 10 + digit;
                exponent -= fraction ? 1 : 0;
            }
            else if (!fraction)
            {
                exponent++;
            }
        }

        if (i < text.Length)
        {
            exponent += int.TryParse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int power)
                ? Math.Clamp(power, -100_000, 100_000)
                : throw new FormatException("a number's exponent is out of range");
        }

        double value = Scale(digits, exponent);
        return negative ? -value : value;
    }

    private static double Scale(double value, int exponent)
    {
        if (exponent > MaxPower)
        {
            return value == 0 ? 0 : throw new FormatException("a number is out of range");
        }

        for (; exponent < -MaxPower && value != 0; exponent += MaxPower)
        {
            value /= Powers[MaxPower];
        }

        return exponent >= 0 ? value * Powers[exponent] : value / Powers[Math.Min(-exponent, MaxPower)];
    }
}
