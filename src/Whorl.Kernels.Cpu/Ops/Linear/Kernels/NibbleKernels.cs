using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>4-bit weights, up to 6 rows against two registers of a panel at a time.</summary>
/// <remarks>The 32 products of a block are summed in 16 bits: eight pairs of at most 2 · 15 · 127 stay below 2^15.</remarks>
internal static unsafe class NibbleKernels<TRegister>
    where TRegister : unmanaged, IWideRegister<TRegister>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanel>(in KernelCall call)
        where TRows : IConstant
        where TPanel : IQuantisedPanel
    {
        int rows = TRows.Value;
        float* y = call.Out;
        nint stride = call.OutStride, row = call.RowBytes;
        TRegister low = TRegister.Broadcast(0x0f0f_0f0f);
        for (int p = 0; p < call.Panels; p++)
        {
            for (int part = 0; part < PanelLayout.Lanes / TRegister.Lanes; part += 2, y += 2 * TRegister.Lanes)
            {
                byte* w = call.Weights + (p * call.PanelBytes), x = call.X, x3 = x + (3 * row);
                TRegister a0 = default, b0 = default;
                TRegister a1 = default, b1 = default;
                TRegister a2 = default, b2 = default;
                TRegister a3 = default, b3 = default;
                TRegister a4 = default, b4 = default;
                TRegister a5 = default, b5 = default;
                for (int block = 0; block < call.Steps; block++)
                {
                    Prefetch.Fields<TPanel>(w, block);
                    byte* codes = TPanel.Codes(w, block) + (part * TRegister.Lanes * 4);
                    TRegister s0 = default, t0 = default;
                    TRegister s1 = default, t1 = default;
                    TRegister s2 = default, t2 = default;
                    TRegister s3 = default, t3 = default;
                    TRegister s4 = default, t4 = default;
                    TRegister s5 = default, t5 = default;
                    for (int j = 0; j < 4; j++, codes += QuantisedPanels.NibbleBlock / 4)
                    {
                        Prefetch.Codes(codes);
                        TRegister both0 = TRegister.Load(codes), both1 = TRegister.Load(codes + (TRegister.Lanes * 4));
                        TRegister v0 = both0 & low, v1 = both1 & low;
                        Add(ref s0, ref t0, v0, v1, x);
                        if (rows > 1) { Add(ref s1, ref t1, v0, v1, x + row); }
                        if (rows > 2) { Add(ref s2, ref t2, v0, v1, x + (2 * row)); }
                        if (rows > 3) { Add(ref s3, ref t3, v0, v1, x3); }
                        if (rows > 4) { Add(ref s4, ref t4, v0, v1, x3 + row); }
                        if (rows > 5) { Add(ref s5, ref t5, v0, v1, x3 + (2 * row)); }
                        v0 = (both0 >>> 4) & low;
                        v1 = (both1 >>> 4) & low;
                        Add(ref s0, ref t0, v0, v1, x + 4);
                        if (rows > 1) { Add(ref s1, ref t1, v0, v1, x + row + 4); }
                        if (rows > 2) { Add(ref s2, ref t2, v0, v1, x + (2 * row) + 4); }
                        if (rows > 3) { Add(ref s3, ref t3, v0, v1, x3 + 4); }
                        if (rows > 4) { Add(ref s4, ref t4, v0, v1, x3 + row + 4); }
                        if (rows > 5) { Add(ref s5, ref t5, v0, v1, x3 + (2 * row) + 4); }
                        x += 8;
                        x3 += 8;
                    }

                    TPanel.ReadScales(w, block, 0, part, out TRegister scale0, out TRegister minimum0);
                    TPanel.ReadScales(w, block, 0, part + 1, out TRegister scale1, out TRegister minimum1);
                    Finish<TPanel>(ref a0, s0, scale0, minimum0, x);
                    if (rows > 1) { Finish<TPanel>(ref a1, s1, scale0, minimum0, x + row); }
                    if (rows > 2) { Finish<TPanel>(ref a2, s2, scale0, minimum0, x + (2 * row)); }
                    if (rows > 3) { Finish<TPanel>(ref a3, s3, scale0, minimum0, x3); }
                    if (rows > 4) { Finish<TPanel>(ref a4, s4, scale0, minimum0, x3 + row); }
                    if (rows > 5) { Finish<TPanel>(ref a5, s5, scale0, minimum0, x3 + (2 * row)); }
                    Finish<TPanel>(ref b0, t0, scale1, minimum1, x);
                    if (rows > 1) { Finish<TPanel>(ref b1, t1, scale1, minimum1, x + row); }
                    if (rows > 2) { Finish<TPanel>(ref b2, t2, scale1, minimum1, x + (2 * row)); }
                    if (rows > 3) { Finish<TPanel>(ref b3, t3, scale1, minimum1, x3); }
                    if (rows > 4) { Finish<TPanel>(ref b4, t4, scale1, minimum1, x3 + row); }
                    if (rows > 5) { Finish<TPanel>(ref b5, t5, scale1, minimum1, x3 + (2 * row)); }
                    x += ActivationBlock.Bytes - ActivationBlock.Size;
                    x3 += ActivationBlock.Bytes - ActivationBlock.Size;
                }

                Store(y, a0, b0);
                if (rows > 1) { Store(y + stride, a1, b1); }
                if (rows > 2) { Store(y + (2 * stride), a2, b2); }
                if (rows > 3) { Store(y + (3 * stride), a3, b3); }
                if (rows > 4) { Store(y + (4 * stride), a4, b4); }
                if (rows > 5) { Store(y + (5 * stride), a5, b5); }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref TRegister s, ref TRegister t, TRegister w0, TRegister w1, byte* x)
    {
        TRegister broadcast = TRegister.Broadcast(*(int*)x);
        s = TRegister.AddInt16(s, TRegister.MultiplyBytes(w0, broadcast));
        t = TRegister.AddInt16(t, TRegister.MultiplyBytes(w1, broadcast));
    }

    // x stands at the end of the block's codes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TPanel>(ref TRegister a, TRegister s, TRegister scale, TRegister minimum, byte* x)
        where TPanel : IQuantisedPanel
    {
        var block = (ActivationBlock*)(x - ActivationBlock.Size);
        TRegister sum = TRegister.SumPairs(s);
        sum = TPanel.Bias != 0 ? TRegister.SubtractInt32(sum, TRegister.Broadcast(block->EightSums)) : sum;
        a = TRegister.FusedMultiplyAdd(TRegister.ToSingle(sum), TRegister.MultiplySingle(scale, TRegister.Broadcast(block->Scale)), a);
        if (TPanel.HasMinimum)
        {
            a = TRegister.FusedMultiplyAdd(minimum, TRegister.Broadcast(block->ScaledSum), a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, TRegister a, TRegister b)
    {
        a.Store(y);
        b.Store(y + TRegister.Lanes);
    }
}
