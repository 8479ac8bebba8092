using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Float weights: one fused multiply-add an element, lanes along outputs.</summary>
internal static unsafe class FloatKernels<TRegister>
    where TRegister : unmanaged, IRegister<TRegister>
{
    /// <summary>Up to 12 rows against two registers of a panel at a time; the rows and the registers give independent chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanel>(in KernelCall call)
        where TRows : IConstant
        where TPanel : IFloatPanel
    {
        int rows = TRows.Value;
        float* y = call.Out;
        nint stride = call.OutStride, row = call.RowBytes, row3 = 3 * row;
        for (int p = 0; p < call.Panels; p++)
        {
            for (int part = 0; part < PanelLayout.Lanes / TRegister.Lanes; part += 2, y += 2 * TRegister.Lanes)
            {
                byte* w = call.Weights + (p * call.PanelBytes);
                TRegister a0 = default, b0 = default;
                TRegister a1 = default, b1 = default;
                TRegister a2 = default, b2 = default;
                TRegister a3 = default, b3 = default;
                TRegister a4 = default, b4 = default;
                TRegister a5 = default, b5 = default;
                TRegister a6 = default, b6 = default;
                TRegister a7 = default, b7 = default;
                TRegister a8 = default, b8 = default;
                TRegister a9 = default, b9 = default;
                TRegister a10 = default, b10 = default;
                TRegister a11 = default, b11 = default;
                byte* x = call.X, x3 = x + row3, x6 = x3 + row3, x9 = x6 + row3;
                for (int i = 0; i < call.Steps; i++, w += TPanel.PairBytes)
                {
                    for (int line = 0; line < TPanel.PairBytes; line += 64)
                    {
                        Sse.Prefetch0(w + Prefetch.Ahead + line);
                    }

                    TPanel.ReadPair(w, part, out TRegister even0, out TRegister odd0);
                    TPanel.ReadPair(w, part + 1, out TRegister even1, out TRegister odd1);
                    Add(ref a0, ref b0, even0, even1, x);
                    if (rows > 1) { Add(ref a1, ref b1, even0, even1, x + row); }
                    if (rows > 2) { Add(ref a2, ref b2, even0, even1, x + (2 * row)); }
                    if (rows > 3) { Add(ref a3, ref b3, even0, even1, x3); }
                    if (rows > 4) { Add(ref a4, ref b4, even0, even1, x3 + row); }
                    if (rows > 5) { Add(ref a5, ref b5, even0, even1, x3 + (2 * row)); }
                    if (rows > 6) { Add(ref a6, ref b6, even0, even1, x6); }
                    if (rows > 7) { Add(ref a7, ref b7, even0, even1, x6 + row); }
                    if (rows > 8) { Add(ref a8, ref b8, even0, even1, x6 + (2 * row)); }
                    if (rows > 9) { Add(ref a9, ref b9, even0, even1, x9); }
                    if (rows > 10) { Add(ref a10, ref b10, even0, even1, x9 + row); }
                    if (rows > 11) { Add(ref a11, ref b11, even0, even1, x9 + (2 * row)); }
                    Add(ref a0, ref b0, odd0, odd1, x + 4);
                    if (rows > 1) { Add(ref a1, ref b1, odd0, odd1, x + row + 4); }
                    if (rows > 2) { Add(ref a2, ref b2, odd0, odd1, x + (2 * row) + 4); }
                    if (rows > 3) { Add(ref a3, ref b3, odd0, odd1, x3 + 4); }
                    if (rows > 4) { Add(ref a4, ref b4, odd0, odd1, x3 + row + 4); }
                    if (rows > 5) { Add(ref a5, ref b5, odd0, odd1, x3 + (2 * row) + 4); }
                    if (rows > 6) { Add(ref a6, ref b6, odd0, odd1, x6 + 4); }
                    if (rows > 7) { Add(ref a7, ref b7, odd0, odd1, x6 + row + 4); }
                    if (rows > 8) { Add(ref a8, ref b8, odd0, odd1, x6 + (2 * row) + 4); }
                    if (rows > 9) { Add(ref a9, ref b9, odd0, odd1, x9 + 4); }
                    if (rows > 10) { Add(ref a10, ref b10, odd0, odd1, x9 + row + 4); }
                    if (rows > 11) { Add(ref a11, ref b11, odd0, odd1, x9 + (2 * row) + 4); }
                    x += 8;
                    x3 += 8;
                    x6 += 8;
                    x9 += 8;
                }

                Store(y, a0, b0);
                if (rows > 1) { Store(y + stride, a1, b1); }
                if (rows > 2) { Store(y + (2 * stride), a2, b2); }
                if (rows > 3) { Store(y + (3 * stride), a3, b3); }
                if (rows > 4) { Store(y + (4 * stride), a4, b4); }
                if (rows > 5) { Store(y + (5 * stride), a5, b5); }
                if (rows > 6) { Store(y + (6 * stride), a6, b6); }
                if (rows > 7) { Store(y + (7 * stride), a7, b7); }
                if (rows > 8) { Store(y + (8 * stride), a8, b8); }
                if (rows > 9) { Store(y + (9 * stride), a9, b9); }
                if (rows > 10) { Store(y + (10 * stride), a10, b10); }
                if (rows > 11) { Store(y + (11 * stride), a11, b11); }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref TRegister a, ref TRegister b, TRegister w0, TRegister w1, byte* x)
    {
        TRegister broadcast = TRegister.Broadcast(*(float*)x);
        a = TRegister.FusedMultiplyAdd(broadcast, w0, a);
        b = TRegister.FusedMultiplyAdd(broadcast, w1, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, TRegister a, TRegister b)
    {
        a.Store(y);
        b.Store(y + TRegister.Lanes);
    }
}
