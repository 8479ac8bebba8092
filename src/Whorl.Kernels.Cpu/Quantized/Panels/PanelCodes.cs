using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Puts codes where <see cref="IQuantisedPanel"/> says.</summary>
internal static unsafe class PanelCodes
{
    private const ulong LowHalves = 0x0f0f_0f0f_0f0f_0f0f;

    /// <summary>Puts a row's 32 codes into a 4-bit block; they come 16 low halves of bytes after another, then the high ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteNibbles(byte* block, int lane, byte* from)
    {
        ulong first = Unsafe.ReadUnaligned<ulong>(from), second = Unsafe.ReadUnaligned<ulong>(from + 8);
        WriteWord(block, lane, 0, first & LowHalves);
        WriteWord(block, lane, 1, second & LowHalves);
        WriteWord(block, lane, 2, (first >> 4) & LowHalves);
        WriteWord(block, lane, 3, (second >> 4) & LowHalves);
    }

    /// <summary>Puts a row's 32 codes into a 4-bit block; they come as the low or the high halves of 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteHalves(byte* block, int lane, byte* from, int shift)
    {
        for (int word = 0; word < 4; word++)
        {
            WriteWord(block, lane, word, (Unsafe.ReadUnaligned<ulong>(from + (8 * word)) >> shift) & LowHalves);
        }
    }

    /// <summary>Puts a row's 32 signed codes into an 8-bit block, with a bias of 128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteBytes(byte* block, int lane, byte* codes)
    {
        for (int j = 0; j < 8; j++)
        {
            ((uint*)block)[(j * PanelLayout.Lanes) + lane] = Unsafe.ReadUnaligned<uint>(codes + (4 * j)) ^ 0x8080_8080;
        }
    }

    // Codes of columns 8·word to 8·word + 7, one a byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteWord(byte* block, int lane, int word, ulong eightCodes) =>
        ((uint*)block)[(word * PanelLayout.Lanes) + lane] = (uint)eightCodes | (uint)(eightCodes >> 32 << 4);
}
