using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// Codes of 2 bits in the K types' order: each 32 bytes hold 128 elements, elements l, l+32, l+64 and l+96 in byte l from the lowest
/// pair of bits up.
/// </summary>
internal static class TwoBits
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> codes)
    {
        for (int run = 0; run < codes.Length; run += 32)
        {
            ReadOnlySpan<byte> from = packed.Slice(ByteOf(run), 32);
            Span<byte> to = codes.Slice(run, 32);
            int shift = ShiftOf(run);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (byte)((from[i] >> shift) & 3);
            }
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
