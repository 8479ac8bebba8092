using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>Codes of 4 bits.</summary>
internal static class Nibbles
{
    /// <summary>
    /// Half as many bytes as codes: code j is the low nibble of byte j, the second half of the codes the high nibbles; each less an
    /// offset.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(ReadOnlySpan<byte> packed, Span<sbyte> codes, int offset)
    {
        for (int j = 0; j < 16; j++)
        {
            codes[j] = (sbyte)((packed[j] & 15) - offset);
            codes[j + 16] = (sbyte)((packed[j] >> 4) - offset);
        }
    }

    /// <summary>As <see cref="Unpack"/>, the nibbles standing for the entries of a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LookUp(ReadOnlySpan<sbyte> table, ReadOnlySpan<byte> packed, Span<sbyte> codes)
    {
        int half = codes.Length / 2;
        for (int j = 0; j < half; j++)
        {
            codes[j] = table[packed[j] & 15];
            codes[j + half] = table[packed[j] >> 4];
        }
    }

    /// <summary>The K types' order: each 32 bytes hold two runs of 32 codes, the first in the low nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void UnpackRuns(ReadOnlySpan<byte> packed, Span<sbyte> codes)
    {
        for (int run = 0; run < codes.Length / 32; run++)
        {
            ReadOnlySpan<byte> from = packed.Slice(run / 2 * 32, 32);
            Span<sbyte> to = codes.Slice(run * 32, 32);
            int shift = run % 2 * 4;
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (sbyte)((from[i] >> shift) & 15);
            }
        }
    }
}
