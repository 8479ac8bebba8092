using System.Diagnostics.CodeAnalysis;

namespace Whorl.P2P.Multiformats;

/// <summary>Base58 with Bitcoin's alphabet, as peer ids are written.</summary>
internal static class Base58
{
    /// <summary>The longest text that is decoded: the work is quadratic in it.</summary>
    public const int MaxTextLength = 256;

    public const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        int zeros = bytes.IndexOfAnyExcept((byte)0);
        zeros = zeros < 0 ? bytes.Length : zeros;
        List<byte> digits = []; // little-endian base 58
        foreach (byte value in bytes[zeros..])
        {
            int carry = value;
            for (int i = 0; i < digits.Count; i++)
            {
                carry += digits[i] << 8;
                digits[i] = (byte)(carry % 58);
                carry /= 58;
            }

            for (; carry > 0; carry /= 58)
            {
                digits.Add((byte)(carry % 58));
            }
        }

        return string.Create(zeros + digits.Count, (zeros, digits), static (text, parts) =>
        {
            text[..parts.zeros].Fill('1');
            for (int i = 0; i < parts.digits.Count; i++)
            {
                text[^(i + 1)] = Alphabet[parts.digits[i]];
            }
        });
    }

    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length > MaxTextLength)
        {
            return false;
        }

        int ones = text.IndexOfAnyExcept('1');
        ones = ones < 0 ? text.Length : ones;
        List<byte> decoded = []; // little-endian base 256
        foreach (char symbol in text[ones..])
        {
            int carry = Alphabet.IndexOf(symbol, StringComparison.Ordinal);
            if (carry < 0)
            {
                return false;
            }

            for (int i = 0; i < decoded.Count; i++)
            {
                carry += decoded[i] * 58;
                decoded[i] = (byte)carry;
                carry >>= 8;
            }

            for (; carry > 0; carry >>= 8)
            {
                decoded.Add((byte)carry);
            }
        }

        bytes = new byte[ones + decoded.Count];
        for (int i = 0; i < decoded.Count; i++)
        {
            bytes[^(i + 1)] = decoded[i];
        }

        return true;
    }
}
