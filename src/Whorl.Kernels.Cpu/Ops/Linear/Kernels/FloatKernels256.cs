using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Float weights with 256-bit vectors: one fused multiply-add an element, lanes along outputs.</summary>
internal static unsafe class FloatKernels256
{
    /// <summary>Up to 6 rows against a panel at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TPanels>(in KernelCall call)
        where TRows : IRows
        where TPanels : IFloat256
    {
        int rows = TRows.Count;
        float* y = call.Out;
        nint stride = call.OutStride;
        for (int p = 0; p < call.Panels; p++, y += 16)
        {
            byte* w = call.Weights + (p * call.PanelBytes);
            Vector256<float> a0 = default, b0 = default;
            Vector256<float> a1 = default, b1 = default;
            Vector256<float> a2 = default, b2 = default;
            Vector256<float> a3 = default, b3 = default;
            Vector256<float> a4 = default, b4 = default;
            Vector256<float> a5 = default, b5 = default;
            if (call.Resume)
            {
                (a0, b0) = (Vector256.Load(y), Vector256.Load(y + 8));
                if (rows > 1) { (a1, b1) = (Vector256.Load(y + (1 * stride)), Vector256.Load(y + (1 * stride) + 8)); }
                if (rows > 2) { (a2, b2) = (Vector256.Load(y + (2 * stride)), Vector256.Load(y + (2 * stride) + 8)); }
                if (rows > 3) { (a3, b3) = (Vector256.Load(y + (3 * stride)), Vector256.Load(y + (3 * stride) + 8)); }
                if (rows > 4) { (a4, b4) = (Vector256.Load(y + (4 * stride)), Vector256.Load(y + (4 * stride) + 8)); }
                if (rows > 5) { (a5, b5) = (Vector256.Load(y + (5 * stride)), Vector256.Load(y + (5 * stride) + 8)); }
            }

            nint row = call.RowBytes;
            byte* x = call.X, x3 = x + (3 * row);
            for (int i = 0; i < call.Steps; i++)
            {
                TPanels.Load(w, 0, out Vector256<float> even0, out Vector256<float> odd0);
                TPanels.Load(w, 1, out Vector256<float> even1, out Vector256<float> odd1);
                w += TPanels.PairBytes;
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
            if (rows > 1) { Store(y + (1 * stride), a1, b1); }
            if (rows > 2) { Store(y + (2 * stride), a2, b2); }
            if (rows > 3) { Store(y + (3 * stride), a3, b3); }
            if (rows > 4) { Store(y + (4 * stride), a4, b4); }
            if (rows > 5) { Store(y + (5 * stride), a5, b5); }
        }
    }

    /// <summary>One row against four panels at a time: eight chains hide the latency of the multiply-add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunOne<TPanels>(in KernelCall call)
        where TPanels : IFloat256
    {
        int p = 0;
        for (; p + 4 <= call.Panels; p += 4)
        {
            byte* w0 = call.Weights + (p * call.PanelBytes), w1 = w0 + call.PanelBytes, w2 = w1 + call.PanelBytes, w3 = w2 + call.PanelBytes;
            float* y = call.Out + (p * 16);
            Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            if (call.Resume)
            {
                (a0, b0, a1, b1) = (Vector256.Load(y), Vector256.Load(y + 8), Vector256.Load(y + 16), Vector256.Load(y + 24));
                (a2, b2, a3, b3) = (Vector256.Load(y + 32), Vector256.Load(y + 40), Vector256.Load(y + 48), Vector256.Load(y + 56));
            }

            var x = (float*)call.X;
            nint at = 0;
            for (int i = 0; i < call.Steps; i++, x += 2, at += TPanels.PairBytes)
            {
                Vector256<float> even = Vector256.Create(x[0]), odd = Vector256.Create(x[1]);
                AddPair<TPanels>(ref a0, ref b0, w0 + at, even, odd);
                AddPair<TPanels>(ref a1, ref b1, w1 + at, even, odd);
                AddPair<TPanels>(ref a2, ref b2, w2 + at, even, odd);
                AddPair<TPanels>(ref a3, ref b3, w3 + at, even, odd);
            }

            Store(y, a0, b0);
            Store(y + 16, a1, b1);
            Store(y + 32, a2, b2);
            Store(y + 48, a3, b3);
        }

        if (p < call.Panels)
        {
            KernelCall rest = call;
            rest.Weights += p * call.PanelBytes;
            rest.Panels -= p;
            rest.Out += p * 16;
            Run<Rows1, TPanels>(rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPair<TPanels>(ref Vector256<float> a, ref Vector256<float> b, byte* w, Vector256<float> x0, Vector256<float> x1)
        where TPanels : IFloat256
    {
        TPanels.Load(w, 0, out Vector256<float> even, out Vector256<float> odd);
        a = Vector256.FusedMultiplyAdd(x0, even, a);
        a = Vector256.FusedMultiplyAdd(x1, odd, a);
        TPanels.Load(w, 1, out even, out odd);
        b = Vector256.FusedMultiplyAdd(x0, even, b);
        b = Vector256.FusedMultiplyAdd(x1, odd, b);
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
