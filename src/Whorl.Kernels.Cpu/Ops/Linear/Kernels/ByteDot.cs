using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>The ways to multiply bytes.</summary>
internal static class ByteDot
{
    /// <summary>AVX-VNNI: one instruction multiplies codes without sign by activations with sign and sums four of the products.</summary>
    internal readonly struct Vnni : IByteDot
    {
        public static bool KeepsBias => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, Vector256<sbyte> q) =>
            AvxVnni.MultiplyWideningAndAdd(sum, codes, q);
    }

    /// <summary>
    /// AVX2: c·q is taken as |c| · (q with c's sign). A pair of products is at most 2 · 128 · 127, below 2^15, so the 16-bit step never
    /// saturates.
    /// </summary>
    internal readonly struct Signs : IByteDot
    {
        public static bool KeepsBias => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, Vector256<sbyte> q)
        {
            Vector256<sbyte> c = (codes ^ Vector256.Create((byte)128)).AsSByte();
            return sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Avx2.Abs(c), Avx2.Sign(q, c)), Vector256<short>.One);
        }
    }
}
