using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// binary16 numbers that are neither infinite nor NaN, as all in panels are: those can be widened in a few operations on any machine.
/// </summary>
internal static class FiniteHalf
{
    /// <summary>Whether these are the bits of one.</summary>
    public static bool Is(ushort bits) => (bits & 0x7c00) != 0x7c00;

    /// <summary>
    /// Widens the number in the upper half of each lane: its bits, moved to where float32 has them, are the value times 2^-112. Exact for
    /// subnormals too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TRegister WidenHigh<TRegister>(TRegister pairs)
        where TRegister : unmanaged, IRegister<TRegister> =>
        TRegister.MultiplySingle(
            (pairs >> 3) & TRegister.Broadcast(unchecked((int)0x8fff_e000)),
            TRegister.Broadcast(5.192296858534828e33f));
}
