using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Whorl.P2P.Multiformats;

/// <summary>Text whose first character says how bytes are written in it: every base of the table but base 2 to 10 and emoji.</summary>
/// <remarks>Source: <see href="https://github.com/multiformats/multibase"/>.</remarks>
internal static class Multibase
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const string Flickr = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
    private const string Hex32 = "0123456789abcdefghijklmnopqrstuv";
    private const string ZBase32 = "ybndrfg8ejkmcpqxot1uwisza345h769";

    /// <summary>Reads the bytes.</summary>
    /// <param name="text">At most <see cref="Base58.MaxTextLength"/> characters.</param>
    /// <param name="bytes">What is written.</param>
    /// <returns>False for an unknown base or a character that it has not.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.IsEmpty || text.Length > Base58.MaxTextLength)
        {
            return false;
        }

        string rest = text[1..].ToString();
        string lower = rest.ToLowerInvariant();
        return text[0] switch
        {
            'f' or 'F' => TryDecodeHex(rest, out bytes),
            'b' or 'B' => Base32.TryDecode(lower, out bytes),
            'c' or 'C' => IsPadded(lower, 8) && Base32.TryDecode(lower.TrimEnd('='), out bytes),
            'v' or 'V' => Base32.TryDecode(Translate(lower, Hex32, Base32.Alphabet), out bytes),
            't' or 'T' => IsPadded(lower, 8) && Base32.TryDecode(Translate(lower.TrimEnd('='), Hex32, Base32.Alphabet), out bytes),
            'h' => Base32.TryDecode(Translate(rest, ZBase32, Base32.Alphabet), out bytes),
            'k' or 'K' => TryDecodeBase36(lower, out bytes),
            'z' => Base58.TryDecode(rest, out bytes),
            'Z' => Base58.TryDecode(Translate(rest, Flickr, Base58.Alphabet), out bytes),
            'm' => !rest.Contains('=') && TryDecodeBase64(rest, out bytes),
            'M' => IsPadded(rest, 4) && TryDecodeBase64(rest.TrimEnd('='), out bytes),
            'u' => !rest.Contains('=') && TryDecodeBase64Url(rest, out bytes),
            'U' => IsPadded(rest, 4) && TryDecodeBase64Url(rest.TrimEnd('='), out bytes),
            _ => false,
        };
    }

    private static bool IsPadded(string text, int group) => text.Length % group == 0;

    /// <summary>The same digits in another alphabet; one that is not in the first becomes one that is in none.</summary>
    private static string Translate(string text, string from, string to) =>
        string.Create(text.Length, (text, from, to), static (made, s) =>
        {
            for (int i = 0; i < made.Length; i++)
            {
                int digit = s.from.IndexOf(s.text[i], StringComparison.Ordinal);
                made[i] = digit < 0 ? ' ' : s.to[digit];
            }
        });

    private static bool TryDecodeHex(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;
        return bytes is not null;
    }

    private static bool TryDecodeBase36(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        BigInteger value = 0;
        foreach (char symbol in text)
        {
            int digit = Digits.IndexOf(symbol, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            value = (value * Digits.Length) + digit;
        }

        int zeros = text.Length - text.TrimStart('0').Length;
        bytes = [.. new byte[zeros], .. value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true)];
        return true;
    }

    private static bool TryDecodeBase64Url(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        return !text.AsSpan().ContainsAny('+', '/') && TryDecodeBase64(text.Replace('-', '+').Replace('_', '/'), out bytes);
    }

    private static bool TryDecodeBase64(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        byte[] decoded = new byte[(text.Length * 3 / 4) + 3];
        bool isValid = !text.Any(char.IsWhiteSpace) // which .NET passes over
            & Convert.TryFromBase64String(text + new string('=', (4 - (text.Length % 4)) % 4), decoded, out int length);
        bytes = isValid ? decoded[..length] : null;
        return isValid;
    }
}
