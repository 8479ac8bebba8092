using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>8-bit weights with 512-bit vectors, up to 4 rows against a panel at a time.</summary>
/// <remarks>
/// A code c + 128 is split into 16 · high + low, so that both halves are multiplied without sign and summed in 16 bits, as the 4-bit
/// kernels do; what the bias added, 128 · Σ q, is taken away from the block's sum.
/// </remarks>
internal static unsafe class ByteKernels512
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanel>(in KernelCall call)
        where TRows : IConstant
        where TPanel : IQuantisedPanel
    {
        int rows = TRows.Value;
        float* y = call.Out;
        nint stride = call.OutStride, row = call.RowBytes;
        Vector512<byte> nibble = Vector512.Create((byte)15);
        for (int p = 0; p < call.Panels; p++, y += 32)
        {
            byte* w = call.Weights + (p * call.PanelBytes), x = call.X, x3 = x + (3 * row);
            Vector512<float> a0 = default, b0 = default;
            Vector512<float> a1 = default, b1 = default;
            Vector512<float> a2 = default, b2 = default;
            Vector512<float> a3 = default, b3 = default;
            for (int block = 0; block < call.Steps; block++)
            {
                Prefetch.Fields<TPanel>(w, block);
                byte* codes = TPanel.Codes(w, block);
                for (int group = 0; group < (TPanel.HalfGroups ? 2 : 1); group++)
                {
                    Vector512<short> low00 = default, low01 = default, high00 = default, high01 = default;
                    Vector512<short> low10 = default, low11 = default, high10 = default, high11 = default;
                    Vector512<short> low20 = default, low21 = default, high20 = default, high21 = default;
                    Vector512<short> low30 = default, low31 = default, high30 = default, high31 = default;
                    for (int j = 0; j < (TPanel.HalfGroups ? 4 : 8); j++, codes += QuantisedPanels.ByteBlock / 8)
                    {
                        Prefetch.Codes(codes);
                        Vector512<byte> v0 = Vector512.Load(codes), v1 = Vector512.Load(codes + 64);
                        Vector512<byte> l0 = v0 & nibble, l1 = v1 & nibble;
                        Vector512<byte> h0 = (v0.AsUInt16() >>> 4).AsByte() & nibble, h1 = (v1.AsUInt16() >>> 4).AsByte() & nibble;
                        Add(ref low00, ref low01, ref high00, ref high01, l0, l1, h0, h1, x);
                        if (rows > 1) { Add(ref low10, ref low11, ref high10, ref high11, l0, l1, h0, h1, x + row); }
                        if (rows > 2) { Add(ref low20, ref low21, ref high20, ref high21, l0, l1, h0, h1, x + (2 * row)); }
                        if (rows > 3) { Add(ref low30, ref low31, ref high30, ref high31, l0, l1, h0, h1, x3); }
                        x += 4;
                        x3 += 4;
                    }

                    TPanel.ReadScales(w, block, group, 0, out Register512 scale0, out Register512 minimum0);
                    TPanel.ReadScales(w, block, group, 1, out Register512 scale1, out Register512 minimum1);
                    nint after = TPanel.HalfGroups ? 16 - (16 * group) : 0; // from here to the end of the block's codes
                    Finish<TPanel>(ref a0, low00, high00, scale0, minimum0, x + after, group);
                    if (rows > 1) { Finish<TPanel>(ref a1, low10, high10, scale0, minimum0, x + row + after, group); }
                    if (rows > 2) { Finish<TPanel>(ref a2, low20, high20, scale0, minimum0, x + (2 * row) + after, group); }
                    if (rows > 3) { Finish<TPanel>(ref a3, low30, high30, scale0, minimum0, x3 + after, group); }
                    Finish<TPanel>(ref b0, low01, high01, scale1, minimum1, x + after, group);
                    if (rows > 1) { Finish<TPanel>(ref b1, low11, high11, scale1, minimum1, x + row + after, group); }
                    if (rows > 2) { Finish<TPanel>(ref b2, low21, high21, scale1, minimum1, x + (2 * row) + after, group); }
                    if (rows > 3) { Finish<TPanel>(ref b3, low31, high31, scale1, minimum1, x3 + after, group); }
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        ref Vector512<short> low0,
        ref Vector512<short> low1,
        ref Vector512<short> high0,
        ref Vector512<short> high1,
        Vector512<byte> l0,
        Vector512<byte> l1,
        Vector512<byte> h0,
        Vector512<byte> h1,
        byte* x)
    {
        Vector512<sbyte> broadcast = Vector512.Create(*(int*)x).AsSByte();
        low0 += Avx512BW.MultiplyAddAdjacent(l0, broadcast);
        low1 += Avx512BW.MultiplyAddAdjacent(l1, broadcast);
        high0 += Avx512BW.MultiplyAddAdjacent(h0, broadcast);
        high1 += Avx512BW.MultiplyAddAdjacent(h1, broadcast);
    }

    // end is where the block's codes end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TPanel>(
        ref Vector512<float> a, Vector512<short> low, Vector512<short> high, Vector512<float> scale, Vector512<float> minimum, byte* end,
        int group)
        where TPanel : IQuantisedPanel
    {
        var block = (ActivationBlock*)(end - ActivationBlock.Size);
        int groupSum = TPanel.HalfGroups ? (group == 0 ? block->SumLow : block->SumHigh) : 0;
        Vector512<int> sum = Avx512BW.MultiplyAddAdjacent(low, Vector512<short>.One)
            + Avx512BW.MultiplyAddAdjacent(high, Vector512.Create((short)16));
        sum -= TPanel.HalfGroups ? Vector512.Create(128 * groupSum) : Vector512.Create(block->EightSums) << 4;
        a = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sum), scale * Vector512.Create(block->Scale), a);
        if (TPanel.HasMinimum)
        {
            a = Vector512.FusedMultiplyAdd(minimum, Vector512.Create(TPanel.HalfGroups ? block->Scale * groupSum : block->ScaledSum), a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector512<float> a, Vector512<float> b)
    {
        a.Store(y);
        b.Store(y + 16);
    }
}
