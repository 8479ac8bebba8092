namespace Whorl.Tensors;

/// <summary>
/// Codes of 2 bits in the K types' order: each 32 bytes hold 128 elements, elements l, l+32, l+64 and l+96 in byte l from the lowest
/// pair of bits up.
/// </summary>
internal static class TwoBits
{
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> codes)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = (byte)((packed[ByteOf(i)] >> ShiftOf(i)) & 3);
        }
    }

    /// <summary>Writes the lower two bits of every code; <paramref name="packed"/> is overwritten.</summary>
    public static void Pack(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        packed.Clear();
        for (int i = 0; i < codes.Length; i++)
        {
            packed[ByteOf(i)] |= (byte)((codes[i] & 3) << ShiftOf(i));
        }
    }

    private static int ByteOf(int element) => (element / 128 * 32) + (element % 32);

    private static int ShiftOf(int element) => element % 128 / 32 * 2;
}
