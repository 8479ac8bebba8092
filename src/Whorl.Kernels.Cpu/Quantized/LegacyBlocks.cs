using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized;

/// <summary>GGML's blocks of 32 with f16 scales. Source: ggml-common.h and ggml-quants.c, https://github.com/ggml-org/ggml.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The names are GGML's.")]
internal static class LegacyBlocks
{
    /// <summary>d, 16 bytes of nibbles (elements 0-15 low, 16-31 high), code - 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_0(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half(block);
        Nibbles(block[2..], codes, 8);
    }

    /// <summary>d, m, nibbles as Q4_0, code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_1(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half(block);
        minimums[0] = Half(block[2..]);
        Nibbles(block[4..], codes, 0);
    }

    /// <summary>d, 32 fifth bits, nibbles as Q4_0, code - 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_0(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half(block);
        Nibbles(block[6..], codes, 16);
        AddFifthBits(BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), codes);
    }

    /// <summary>d, m, 32 fifth bits, nibbles as Q4_0, code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_1(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half(block);
        minimums[0] = Half(block[2..]);
        Nibbles(block[8..], codes, 0);
        AddFifthBits(BinaryPrimitives.ReadUInt32LittleEndian(block[4..]), codes);
    }

    /// <summary>d, 32 signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q8_0(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half(block);
        for (int i = 0; i < 32; i++)
        {
            codes[i] = (sbyte)block[2 + i];
        }
    }

    /// <summary>An f16 field, widened exactly.</summary>
    internal static float Half(ReadOnlySpan<byte> field) => (float)BinaryPrimitives.ReadHalfLittleEndian(field);

    private static void Nibbles(ReadOnlySpan<byte> packed, Span<sbyte> codes, int offset)
    {
        for (int i = 0; i < 16; i++)
        {
            codes[i] = (sbyte)((packed[i] & 15) - offset);
            codes[i + 16] = (sbyte)((packed[i] >> 4) - offset);
        }
    }

    private static void AddFifthBits(uint bits, Span<sbyte> codes)
    {
        for (int i = 0; i < 32; i++)
        {
            codes[i] += (sbyte)(((bits >> i) & 1) << 4);
        }
    }
}
