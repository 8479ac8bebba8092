using System.Text;

namespace Whorl.Tokenizers.Text;

/// <summary>GPT-2's alphabet: each byte as a printable character, a space as Ġ.</summary>
internal static class ByteAlphabet
{
    private const int Characters = 0x144;
    private static readonly char[] ByteToChar = MakeByteToChar();
    private static readonly short[] CharToByte = MakeCharToByte();

    /// <summary>The character that stands for a byte.</summary>
    public static char OfByte(byte value) => ByteToChar[value];

    /// <summary>The byte that a character stands for, or -1 where it is not of the alphabet.</summary>
    public static int ToByte(char c) => c < Characters ? CharToByte[c] : -1;

    /// <summary>Adds the bytes of units of a text as characters, each aligned like the code point it belongs to.</summary>
    public static void Append(AlignedText target, AlignedText source, int start, int end)
    {
        ReadOnlySpan<char> span = source.Span[..end];
        Span<byte> bytes = stackalloc byte[4];
        for (int i = start; i < end; i++)
        {
            char c = span[i];
            if (c < 128)
            {
                target.Append(ByteToChar[c], source, i);
                continue;
            }

            int length = char.IsHighSurrogate(c) && i + 1 < end
                ? Encoding.UTF8.GetBytes(span.Slice(i, 2), bytes)
                : Encoding.UTF8.GetBytes(span.Slice(i, 1), bytes);
            for (int k = 0; k < length; k++)
            {
                target.Append(ByteToChar[bytes[k]], source, i);
            }

            i += length == 4 ? 1 : 0;
        }
    }

    /// <summary>Adds the bytes that a token's characters stand for; those of its UTF-8 where one is not of the alphabet.</summary>
    public static void AppendBytes(string token, List<byte> bytes)
    {
        int before = bytes.Count;
        foreach (char c in token)
        {
            int value = ToByte(c);
            if (value < 0)
            {
                bytes.RemoveRange(before, bytes.Count - before);
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }

            bytes.Add((byte)value);
        }
    }

    private static char[] MakeByteToChar()
    {
        char[] map = new char[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            map[b] = printable ? (char)b : (char)next++;
        }

        return map;
    }

    private static short[] MakeCharToByte()
    {
        short[] map = new short[Characters];
        Array.Fill(map, (short)-1);
        for (int b = 0; b < 256; b++)
        {
            map[ByteToChar[b]] = (short)b;
        }

        return map;
    }
}
