namespace Whorl.P2P.Multiformats;

/// <summary>Unsigned LEB128 numbers, at most 9 bytes (63 bits) and minimal, as <see href="https://github.com/multiformats/unsigned-varint">the specification</see> asks.</summary>
internal static class Varint
{
    /// <summary>The longest encoding that is accepted.</summary>
    public const int MaxBytes = 9;

    public static int LengthOf(ulong value)
    {
        int length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            length++;
        }

        return length;
    }

    /// <returns>How many bytes were written.</returns>
    public static int Write(Span<byte> destination, ulong value)
    {
        int at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[at++] = (byte)(value | 0x80);
        }

        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>Reads a number that may not have arrived whole.</summary>
    /// <returns>Whether it was whole; false asks for more bytes.</returns>
    /// <exception cref="WireFormatException">Longer than 9 bytes, or padded with zeros.</exception>
    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < source.Length; length++)
        {
            if (length == MaxBytes)
            {
                throw new WireFormatException("varint: longer than 9 bytes");
            }

            byte part = source[length];
            value |= (ulong)(part & 0x7F) << (7 * length);
            if (part < 0x80)
            {
                if (part == 0 && length > 0)
                {
                    throw new WireFormatException("varint: not the shortest form");
                }

                length++;
                return true;
            }
        }

        if (length >= MaxBytes)
        {
            throw new WireFormatException("varint: longer than 9 bytes");
        }

        return false;
    }

    /// <summary>Reads a number and moves past it.</summary>
    /// <exception cref="WireFormatException">Cut short, too long or not minimal.</exception>
    public static ulong Read(ref ReadOnlySpan<byte> source)
    {
        if (!TryRead(source, out ulong value, out int length))
        {
            throw new WireFormatException("varint: cut short");
        }

        source = source[length..];
        return value;
    }

    /// <summary>Takes the bytes behind a length prefix and moves past them.</summary>
    /// <exception cref="WireFormatException">The prefix is malformed, above <paramref name="maxBytes"/>, or above what is there.</exception>
    public static ReadOnlySpan<byte> ReadPrefixed(ref ReadOnlySpan<byte> source, int maxBytes, string what)
    {
        ulong length = Read(ref source);
        if (length > (ulong)maxBytes || length > (ulong)source.Length)
        {
            throw new WireFormatException($"{what}: {length} bytes announced, limit {maxBytes}, present {source.Length}");
        }

        ReadOnlySpan<byte> taken = source[..(int)length];
        source = source[(int)length..];
        return taken;
    }
}
