using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Fields of two blocks: <c>[32][2]</c> f16 scales, an even block's and the next one's.</summary>
internal static unsafe class PairedScales
{
    /// <summary>Bytes of two blocks' scales.</summary>
    public const int Bytes = 4 * PanelLayout.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TRegister Read<TRegister>(byte* fields, int block, int part)
        where TRegister : unmanaged, IRegister<TRegister> =>
        FiniteHalf.WidenHigh(TRegister.Load((int*)fields + (part * TRegister.Lanes)) << (16 * (~block & 1)));

    /// <summary>Writes a scale, or says that it is not finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryWrite(byte* fields, int block, int lane, ushort scale)
    {
        ((ushort*)fields)[(lane * 2) + (block & 1)] = scale;
        return FiniteHalf.Is(scale);
    }
}
