using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Asks for weights ahead of their use.</summary>
internal static unsafe class Prefetch
{
    /// <summary>How far ahead: the processor's own prefetching stops at the end of each page.</summary>
    public const int Ahead = 8192;

    /// <summary>Two lines of codes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Codes(byte* codes)
    {
        Sse.Prefetch0(codes + Ahead);
        Sse.Prefetch0(codes + Ahead + 64);
    }

    /// <summary>A block's fields.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fields<TPanel>(byte* panel, int block)
        where TPanel : IQuantisedPanel
    {
        // Of fields that several blocks (a power of two) share, each asks for its part.
        byte* fields = TPanel.Fields(panel, block, 0) + ((block & (TPanel.BlocksAField - 1)) * TPanel.FieldBytes) + Ahead;
        Sse.Prefetch0(fields);
        if (TPanel.FieldBytes > 64)
        {
            Sse.Prefetch0(fields + 64);
        }

        for (int line = 128; line < TPanel.FieldBytes; line += 64)
        {
            Sse.Prefetch0(fields + line);
        }
    }
}
