using System.Diagnostics.CodeAnalysis;

namespace Whorl.P2P.Multiformats;

/// <summary>Base32 of RFC 4648 in lower case without padding: the default text form of a CIDv1.</summary>
internal static class Base32
{
    public const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = new char[((bytes.Length * 8) + 4) / 5];
        int buffer = 0, bits = 0, at = 0;
        foreach (byte value in bytes)
        {
            buffer = (buffer << 8) | value;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                text[at++] = Alphabet[(buffer >> (bits - 5)) & 31];
            }

            buffer &= (1 << bits) - 1;
        }

        if (bits > 0)
        {
            text[at] = Alphabet[(buffer << (5 - bits)) & 31];
        }

        return new string(text);
    }

    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        byte[] decoded = new byte[text.Length * 5 / 8];
        int buffer = 0, bits = 0, at = 0;
        foreach (char symbol in text)
        {
            int digit = Alphabet.IndexOf(char.ToLowerInvariant(symbol), StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            buffer = (buffer << 5) | digit;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                decoded[at++] = (byte)(buffer >> bits);
            }

            buffer &= (1 << bits) - 1;
        }

        if (buffer != 0 || bits >= 5)
        {
            return false;
        }

        bytes = decoded;
        return true;
    }
}
