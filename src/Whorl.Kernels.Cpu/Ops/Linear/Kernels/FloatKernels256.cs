using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Float weights with 256-bit vectors: one fused multiply-add an element, lanes along outputs.</summary>
internal static unsafe class FloatKernels256
{
    /// <summary>Up to 6 rows against a panel at a time, half of its lanes after the other; the rows and the panel's vectors give independent chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanel>(in KernelCall call)
        where TRows : IRows
        where TPanel : IFloatPanel
    {
        int rows = TRows.Count;
        float* y = call.Out;
        nint stride = call.OutStride, row = call.RowBytes, row3 = 3 * row;
        for (int p = 0; p < call.Panels; p++)
        {
            for (int part = 0; part < 4; part += 2, y += 16)
            {
                byte* w = call.Weights + (p * call.PanelBytes);
                Vector256<float> a0 = default, b0 = default;
                Vector256<float> a1 = default, b1 = default;
                Vector256<float> a2 = default, b2 = default;
                Vector256<float> a3 = default, b3 = default;
                Vector256<float> a4 = default, b4 = default;
                Vector256<float> a5 = default, b5 = default;
                byte* x = call.X, x3 = x + row3;
                for (int i = 0; i < call.Steps; i++, w += TPanel.PairBytes)
                {
                    for (int line = 0; line < TPanel.PairBytes; line += 64)
                    {
                        Sse.Prefetch0(w + Prefetch.Ahead + line);
                    }

                    PanelReader256.ReadPair<TPanel>(w, part, out Vector256<float> even0, out Vector256<float> odd0);
                    PanelReader256.ReadPair<TPanel>(w, part + 1, out Vector256<float> even1, out Vector256<float> odd1);
                    Add(ref a0, ref b0, even0, even1, x);
                    if (rows > 1) { Add(ref a1, ref b1, even0, even1, x + row); }
                    if (rows > 2) { Add(ref a2, ref b2, even0, even1, x + (2 * row)); }
                    if (rows > 3) { Add(ref a3, ref b3, even0, even1, x3); }
                    if (rows > 4) { Add(ref a4, ref b4, even0, even1, x3 + row); }
                    if (rows > 5) { Add(ref a5, ref b5, even0, even1, x3 + (2 * row)); }
                    Add(ref a0, ref b0, odd0, odd1, x + 4);
                    if (rows > 1) { Add(ref a1, ref b1, odd0, odd1, x + row + 4); }
                    if (rows > 2) { Add(ref a2, ref b2, odd0, odd1, x + (2 * row) + 4); }
                    if (rows > 3) { Add(ref a3, ref b3, odd0, odd1, x3 + 4); }
                    if (rows > 4) { Add(ref a4, ref b4, odd0, odd1, x3 + row + 4); }
                    if (rows > 5) { Add(ref a5, ref b5, odd0, odd1, x3 + (2 * row) + 4); }
                    x += 8;
                    x3 += 8;
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
    private static void Add(ref Vector256<float> a, ref Vector256<float> b, Vector256<float> w0, Vector256<float> w1, byte* x)
    {
        Vector256<float> broadcast = Vector256.Create(*(float*)x);
        a = Vector256.FusedMultiplyAdd(broadcast, w0, a);
        b = Vector256.FusedMultiplyAdd(broadcast, w1, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector256<float> a, Vector256<float> b)
    {
        a.Store(y);
        b.Store(y + 8);
    }
}
