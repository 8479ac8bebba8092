using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>8-bit weights with 256-bit vectors, up to 4 rows against a panel at a time, half of its lanes after the other.</summary>
/// <typeparam name="TDot">How bytes are multiplied and summed.</typeparam>
internal static unsafe class ByteKernels256<TDot>
    where TDot : IByteDot
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanel>(in KernelCall call)
        where TRows : IConstant
        where TPanel : IQuantisedPanel
    {
        int rows = TRows.Value;
        float* y = call.Out;
        nint stride = call.OutStride, row = call.RowBytes;
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
                    for (int group = 0; group < (TPanel.HalfGroups ? 2 : 1); group++)
                    {
                        Vector256<int> s0 = default, t0 = default;
                        Vector256<int> s1 = default, t1 = default;
                        Vector256<int> s2 = default, t2 = default;
                        Vector256<int> s3 = default, t3 = default;
                        for (int j = 0; j < (TPanel.HalfGroups ? 4 : 8); j++, codes += QuantisedPanels.ByteBlock / 8)
                        {
                            Prefetch.Codes(codes);
                            Vector256<byte> c0 = Vector256.Load(codes), c1 = Vector256.Load(codes + 32);
                            Add(ref s0, ref t0, c0, c1, x);
                            if (rows > 1) { Add(ref s1, ref t1, c0, c1, x + row); }
                            if (rows > 2) { Add(ref s2, ref t2, c0, c1, x + (2 * row)); }
                            if (rows > 3) { Add(ref s3, ref t3, c0, c1, x3); }
                            x += 4;
                            x3 += 4;
                        }

                        nint after = TPanel.HalfGroups ? 16 - (16 * group) : 0; // from here to the end of the block's codes
                        TPanel.ReadScales(w, block, group, part, out Register256 scale, out Register256 minimum);
                        Finish<TPanel>(ref a0, s0, scale, minimum, x + after, group);
                        if (rows > 1) { Finish<TPanel>(ref a1, s1, scale, minimum, x + row + after, group); }
                        if (rows > 2) { Finish<TPanel>(ref a2, s2, scale, minimum, x + (2 * row) + after, group); }
                        if (rows > 3) { Finish<TPanel>(ref a3, s3, scale, minimum, x3 + after, group); }
                        TPanel.ReadScales(w, block, group, part + 1, out scale, out minimum);
                        Finish<TPanel>(ref b0, t0, scale, minimum, x + after, group);
                        if (rows > 1) { Finish<TPanel>(ref b1, t1, scale, minimum, x + row + after, group); }
                        if (rows > 2) { Finish<TPanel>(ref b2, t2, scale, minimum, x + (2 * row) + after, group); }
                        if (rows > 3) { Finish<TPanel>(ref b3, t3, scale, minimum, x3 + after, group); }
                    }

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
    private static void Add(ref Vector256<int> s, ref Vector256<int> t, Vector256<byte> c0, Vector256<byte> c1, byte* x)
    {
        Vector256<sbyte> broadcast = Vector256.Create(*(int*)x).AsSByte();
        s = TDot.Add(s, c0, broadcast);
        t = TDot.Add(t, c1, broadcast);
    }

    // end is where the block's codes end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TPanel>(
        ref Vector256<float> a, Vector256<int> sum, Vector256<float> scale, Vector256<float> minimum, byte* end, int group)
        where TPanel : IQuantisedPanel
    {
        var block = (ActivationBlock*)(end - ActivationBlock.Size);
        int groupSum = TPanel.HalfGroups ? (group == 0 ? block->SumLow : block->SumHigh) : 0;
        if (TDot.KeepsBias)
        {
            sum -= TPanel.HalfGroups ? Vector256.Create(128 * groupSum) : Vector256.Create(block->EightSums) << 4;
        }

        a = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), scale * Vector256.Create(block->Scale), a);
        if (TPanel.HasMinimum)
        {
            a = Vector256.FusedMultiplyAdd(minimum, Vector256.Create(TPanel.HalfGroups ? block->Scale * groupSum : block->ScaledSum), a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector256<float> a, Vector256<float> b)
    {
        a.Store(y);
        b.Store(y + 8);
    }
}
