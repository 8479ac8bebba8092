using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>4-bit weights with 256-bit vectors, up to 4 rows against a panel at a time, half of its lanes after the other.</summary>
/// <remarks>The 32 products of a block are summed in 16 bits: eight pairs of at most 2 · 15 · 127 stay below 2^15.</remarks>
internal static unsafe class NibbleKernels256
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanel>(in KernelCall call)
        where TRows : IConstant
        where TPanel : IQuantisedPanel
    {
        int rows = TRows.Value;
        float* y = call.Out;
        nint stride = call.OutStride, row = call.RowBytes;
        Vector256<byte> low = Vector256.Create((byte)15);
        for (int p = 0; p < call.Panels; p++)
        {
            for (int part = 0; part < 4; part += 2, y += 16)
            {
                byte* w = call.Weights + (p * call.PanelBytes), x = call.X, x3 = x + (3 * row);
                Vector256<float> a0 = default, b0 = default;
                Vector256<float> a1 = default, b1 = default;
                Vector256<float> a2 = default, b2 = default;
                Vector256<float> a3 = default, b3 = default;
                for (int block = 0; block < call.Steps; block++)
                {
                    Prefetch.Fields<TPanel>(w, block);
                    byte* codes = TPanel.Codes(w, block) + (part * 32);
                    Vector256<short> s0 = default, t0 = default;
                    Vector256<short> s1 = default, t1 = default;
                    Vector256<short> s2 = default, t2 = default;
                    Vector256<short> s3 = default, t3 = default;
                    for (int j = 0; j < 4; j++, codes += QuantisedPanels.NibbleBlock / 4)
                    {
                        Prefetch.Codes(codes);
                        Vector256<byte> both0 = Vector256.Load(codes), both1 = Vector256.Load(codes + 32);
                        Vector256<byte> v0 = both0 & low, v1 = both1 & low;
                        Add(ref s0, ref t0, v0, v1, x);
                        if (rows > 1) { Add(ref s1, ref t1, v0, v1, x + row); }
                        if (rows > 2) { Add(ref s2, ref t2, v0, v1, x + (2 * row)); }
                        if (rows > 3) { Add(ref s3, ref t3, v0, v1, x3); }
                        v0 = (both0.AsUInt16() >>> 4).AsByte() & low;
                        v1 = (both1.AsUInt16() >>> 4).AsByte() & low;
                        Add(ref s0, ref t0, v0, v1, x + 4);
                        if (rows > 1) { Add(ref s1, ref t1, v0, v1, x + row + 4); }
                        if (rows > 2) { Add(ref s2, ref t2, v0, v1, x + (2 * row) + 4); }
                        if (rows > 3) { Add(ref s3, ref t3, v0, v1, x3 + 4); }
                        x += 8;
                        x3 += 8;
                    }

                    TPanel.ReadScales(w, block, 0, part, out Register256 scale0, out Register256 minimum0);
                    TPanel.ReadScales(w, block, 0, part + 1, out Register256 scale1, out Register256 minimum1);
                    Finish<TPanel>(ref a0, s0, scale0, minimum0, x);
                    if (rows > 1) { Finish<TPanel>(ref a1, s1, scale0, minimum0, x + row); }
                    if (rows > 2) { Finish<TPanel>(ref a2, s2, scale0, minimum0, x + (2 * row)); }
                    if (rows > 3) { Finish<TPanel>(ref a3, s3, scale0, minimum0, x3); }
                    Finish<TPanel>(ref b0, t0, scale1, minimum1, x);
                    if (rows > 1) { Finish<TPanel>(ref b1, t1, scale1, minimum1, x + row); }
                    if (rows > 2) { Finish<TPanel>(ref b2, t2, scale1, minimum1, x + (2 * row)); }
                    if (rows > 3) { Finish<TPanel>(ref b3, t3, scale1, minimum1, x3); }
                    x += ActivationBlock.Bytes - ActivationBlock.Size;
                    x3 += ActivationBlock.Bytes - ActivationBlock.Size;
                }

                Store(y, a0, b0);
                if (rows > 1) { Store(y + stride, a1, b1); }
                if (rows > 2) { Store(y + (2 * stride), a2, b2); }
                if (rows > 3) { Store(y + (3 * stride), a3, b3); }
            }
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
    private static void Finish<TPanel>(ref Vector256<float> a, Vector256<short> s, Vector256<float> scale, Vector256<float> minimum, byte* x)
        where TPanel : IQuantisedPanel
    {
        var block = (ActivationBlock*)(x - ActivationBlock.Size);
        Vector256<int> sum = Avx2.MultiplyAddAdjacent(s, Vector256<short>.One);
        sum = (TPanel.Bias != 0) ? sum - Vector256.Create(block->EightSums) : sum;
        a = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), scale * Vector256.Create(block->Scale), a);
        if (TPanel.HasMinimum)
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
