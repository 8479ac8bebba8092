using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Quantized.Activations;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>4-bit weights with AVX2, one or two rows against a panel at a time.</summary>
/// <remarks>The 32 products of a block are summed in 16 bits: eight pairs of at most 2 · 15 · 127 stay below 2^15.</remarks>
internal static unsafe class NibbleKernels256
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanels>(in KernelCall call)
        where TRows : IRows
        where TPanels : IQuantised256
    {
        int rows = TRows.Count;
        float* y = call.Out;
        nint row = call.RowBytes;
        Vector256<byte> low = Vector256.Create((byte)15);
        for (int p = 0; p < call.Panels; p++, y += 16)
        {
            byte* w = call.Weights + (p * call.PanelBytes), x = call.X;
            Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default;
            for (int block = 0; block < call.Steps; block++)
            {
                byte* codes = TPanels.Codes(w, block);
                Vector256<short> s0 = default, t0 = default, s1 = default, t1 = default;
                for (int j = 0; j < 4; j++, codes += 64, x += 8)
                {
                    Vector256<byte> both0 = Vector256.Load(codes), both1 = Vector256.Load(codes + 32);
                    Vector256<byte> v0 = both0 & low, v1 = both1 & low;
                    Add(ref s0, ref t0, v0, v1, x);
                    if (rows > 1) { Add(ref s1, ref t1, v0, v1, x + row); }
                    v0 = (both0.AsUInt16() >>> 4).AsByte() & low;
                    v1 = (both1.AsUInt16() >>> 4).AsByte() & low;
                    Add(ref s0, ref t0, v0, v1, x + 4);
                    if (rows > 1) { Add(ref s1, ref t1, v0, v1, x + row + 4); }
                }

                Vector256<float> scale = TPanels.Scale(w, block, 0, 0), minimum = TPanels.Minimum(w, block, 0, 0);
                Finish<TPanels>(ref a0, s0, scale, minimum, x);
                if (rows > 1) { Finish<TPanels>(ref a1, s1, scale, minimum, x + row); }
                scale = TPanels.Scale(w, block, 0, 1);
                minimum = TPanels.Minimum(w, block, 0, 1);
                Finish<TPanels>(ref b0, t0, scale, minimum, x);
                if (rows > 1) { Finish<TPanels>(ref b1, t1, scale, minimum, x + row); }

                x += ActivationBlock.Bytes - ActivationBlock.Size;
            }

            Store(y, a0, b0);
            if (rows > 1) { Store(y + call.OutStride, a1, b1); }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector256<short> s, ref Vector256<short> t, Vector256<byte> w0, Vector256<byte> w1, byte* x)
    {
        Vector256<sbyte> broadcast = Vector256.Create(*(int*)x).AsSByte();
        s += Avx2.MultiplyAddAdjacent(w0, broadcast);
        t += Avx2.MultiplyAddAdjacent(w1, broadcast);
    }

    // x stands at the end of the block's codes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TPanels>(ref Vector256<float> a, Vector256<short> s, Vector256<float> scale, Vector256<float> minimum, byte* x)
        where TPanels : IQuantised256
    {
        var block = (ActivationBlock*)(x - ActivationBlock.Size);
        Vector256<int> sum = Avx2.MultiplyAddAdjacent(s, Vector256<short>.One);
        sum = TPanels.IsBiased ? sum - Vector256.Create(block->EightSums) : sum;
        a = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), scale * Vector256.Create(block->Scale), a);
        if (TPanels.HasMinimum)
        {
            a = Vector256.FusedMultiplyAdd(minimum, Vector256.Create(block->ScaledSum), a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector256<float> a, Vector256<float> b)
    {
        a.Store(y);
        b.Store(y + 8);
    }
}
