using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>8-bit weights with AVX2, one or two rows against a panel at a time, half of its lanes after the other.</summary>
/// <remarks>
/// c·q is taken as |c| · (q with c's sign): a pair of products is at most 2 · 128 · 127, below 2^15, so the 16-bit step never saturates.
/// </remarks>
internal static unsafe class ByteKernels256
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanel>(in KernelCall call)
        where TRows : IConstant
        where TPanel : IQuantisedPanel
    {
        int rows = TRows.Value;
        float* y = call.Out;
        nint row = call.RowBytes;
        Vector256<byte> bias = Vector256.Create((byte)128);
        for (int p = 0; p < call.Panels; p++)
        {
            for (int part = 0; part < 4; part += 2, y += 16)
            {
                byte* w = call.Weights + (p * call.PanelBytes), x = call.X;
                Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default;
                for (int block = 0; block < call.Steps; block++)
                {
                    Prefetch.Fields<TPanel>(w, block);
                    byte* codes = TPanel.Codes(w, block) + (part * 32);
                    for (int group = 0; group < (TPanel.HalfGroups ? 2 : 1); group++)
                    {
                        Vector256<int> s0 = default, t0 = default, s1 = default, t1 = default;
                        for (int j = 0; j < (TPanel.HalfGroups ? 4 : 8); j++, codes += QuantisedPanels.ByteBlock / 8, x += 4)
                        {
                            Prefetch.Codes(codes);
                            Vector256<sbyte> c0 = (Vector256.Load(codes) ^ bias).AsSByte(), c1 = (Vector256.Load(codes + 32) ^ bias).AsSByte();
                            Vector256<byte> size0 = Avx2.Abs(c0), size1 = Avx2.Abs(c1);
                            Add(ref s0, ref t0, c0, c1, size0, size1, x);
                            if (rows > 1) { Add(ref s1, ref t1, c0, c1, size0, size1, x + row); }
                        }

                        byte* end = x + (TPanel.HalfGroups ? 16 - (16 * group) : 0); // of the block's codes
                        TPanel.ReadScales(w, block, group, part, out Register256 scale, out Register256 minimum);
                        Finish<TPanel>(ref a0, s0, scale, minimum, end, group);
                        if (rows > 1) { Finish<TPanel>(ref a1, s1, scale, minimum, end + row, group); }
                        TPanel.ReadScales(w, block, group, part + 1, out scale, out minimum);
                        Finish<TPanel>(ref b0, t0, scale, minimum, end, group);
                        if (rows > 1) { Finish<TPanel>(ref b1, t1, scale, minimum, end + row, group); }
                    }

                    x += ActivationBlock.Bytes - ActivationBlock.Size;
                }

                Store(y, a0, b0);
                if (rows > 1) { Store(y + call.OutStride, a1, b1); }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        ref Vector256<int> s, ref Vector256<int> t, Vector256<sbyte> c0, Vector256<sbyte> c1, Vector256<byte> size0, Vector256<byte> size1, byte* x)
    {
        Vector256<sbyte> broadcast = Vector256.Create(*(int*)x).AsSByte();
        s += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(size0, Avx2.Sign(broadcast, c0)), Vector256<short>.One);
        t += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(size1, Avx2.Sign(broadcast, c1)), Vector256<short>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TPanel>(ref Vector256<float> a, Vector256<int> sum, Vector256<float> scale, Vector256<float> minimum, byte* end, int group)
        where TPanel : IQuantisedPanel
    {
        var block = (ActivationBlock*)(end - ActivationBlock.Size);
        a = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), scale * Vector256.Create(block->Scale), a);
        if (TPanel.HasMinimum)
        {
            float scaledSum = TPanel.HalfGroups ? block->Scale * (group == 0 ? block->SumLow : block->SumHigh) : block->ScaledSum;
            a = Vector256.FusedMultiplyAdd(minimum, Vector256.Create(scaledSum), a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector256<float> a, Vector256<float> b)
    {
        a.Store(y);
        b.Store(y + 8);
    }
}
