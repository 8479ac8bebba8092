using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

internal readonly unsafe partial struct PanelProduct
{
    // Block{rows}x{panels}: the accumulators live in registers while i walks. Blocks differ only in how much they do at once, never in an element's order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block6x1<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride), a3 = a + (3 * aStride), a4 = a + (4 * aStride), a5 = a + (5 * aStride);
        T c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
            c1 = T.Load(c + cStride);
            c2 = T.Load(c + (2 * cStride));
            c3 = T.Load(c + (3 * cStride));
            c4 = T.Load(c + (4 * cStride));
            c5 = T.Load(c + (5 * cStride));
        }

        for (int i = 0; i < p.Count; i++)
        {
            T b0 = T.Load(b);
            b += bStride;
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), b0, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), b0, c1);
            c2 = T.FusedMultiplyAdd(T.Broadcast(a2[i]), b0, c2);
            c3 = T.FusedMultiplyAdd(T.Broadcast(a3[i]), b0, c3);
            c4 = T.FusedMultiplyAdd(T.Broadcast(a4[i]), b0, c4);
            c5 = T.FusedMultiplyAdd(T.Broadcast(a5[i]), b0, c5);
        }

        c0.Store(c);
        c1.Store(c + cStride);
        c2.Store(c + (2 * cStride));
        c3.Store(c + (3 * cStride));
        c4.Store(c + (4 * cStride));
        c5.Store(c + (5 * cStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block4x1<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride), a3 = a + (3 * aStride);
        T c0 = default, c1 = default, c2 = default, c3 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
            c1 = T.Load(c + cStride);
            c2 = T.Load(c + (2 * cStride));
            c3 = T.Load(c + (3 * cStride));
        }

        for (int i = 0; i < p.Count; i++)
        {
            T b0 = T.Load(b);
            b += bStride;
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), b0, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), b0, c1);
            c2 = T.FusedMultiplyAdd(T.Broadcast(a2[i]), b0, c2);
            c3 = T.FusedMultiplyAdd(T.Broadcast(a3[i]), b0, c3);
        }

        c0.Store(c);
        c1.Store(c + cStride);
        c2.Store(c + (2 * cStride));
        c3.Store(c + (3 * cStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block3x1<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride);
        T c0 = default, c1 = default, c2 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
            c1 = T.Load(c + cStride);
            c2 = T.Load(c + (2 * cStride));
        }

        for (int i = 0; i < p.Count; i++)
        {
            T b0 = T.Load(b);
            b += bStride;
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), b0, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), b0, c1);
            c2 = T.FusedMultiplyAdd(T.Broadcast(a2[i]), b0, c2);
        }

        c0.Store(c);
        c1.Store(c + cStride);
        c2.Store(c + (2 * cStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block2x1<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride;
        float* a1 = a + aStride;
        T c0 = default, c1 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
            c1 = T.Load(c + cStride);
        }

        for (int i = 0; i < p.Count; i++)
        {
            T b0 = T.Load(b);
            b += bStride;
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), b0, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), b0, c1);
        }

        c0.Store(c);
        c1.Store(c + cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block1x1<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride;
        T c0 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
        }

        for (int i = 0; i < p.Count; i++)
        {
            T b0 = T.Load(b);
            b += bStride;
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), b0, c0);
        }

        c0.Store(c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block3x2<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride, panel = p.PanelStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride);
        float* b1 = b + panel;
        T c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        if (!p.FromZero)
        {
            c00 = T.Load(c);
            c01 = T.Load(c + 16);
            c10 = T.Load(c + cStride);
            c11 = T.Load(c + cStride + 16);
            c20 = T.Load(c + (2 * cStride));
            c21 = T.Load(c + (2 * cStride) + 16);
        }

        for (int i = 0; i < p.Count; i++)
        {
            T x0 = T.Broadcast(a[i]);
            T x1 = T.Broadcast(a1[i]);
            T x2 = T.Broadcast(a2[i]);
            T y0 = T.Load(b);
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            c10 = T.FusedMultiplyAdd(x1, y0, c10);
            c20 = T.FusedMultiplyAdd(x2, y0, c20);
            T y1 = T.Load(b1);
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            c11 = T.FusedMultiplyAdd(x1, y1, c11);
            c21 = T.FusedMultiplyAdd(x2, y1, c21);
            b += bStride;
            b1 += bStride;
        }

        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + cStride);
        c11.Store(c + cStride + 16);
        c20.Store(c + (2 * cStride));
        c21.Store(c + (2 * cStride) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block2x2<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride, panel = p.PanelStride;
        float* a1 = a + aStride;
        float* b1 = b + panel;
        T c00 = default, c01 = default, c10 = default, c11 = default;
        if (!p.FromZero)
        {
            c00 = T.Load(c);
            c01 = T.Load(c + 16);
            c10 = T.Load(c + cStride);
            c11 = T.Load(c + cStride + 16);
        }

        for (int i = 0; i < p.Count; i++)
        {
            T x0 = T.Broadcast(a[i]);
            T x1 = T.Broadcast(a1[i]);
            T y0 = T.Load(b);
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            c10 = T.FusedMultiplyAdd(x1, y0, c10);
            T y1 = T.Load(b1);
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            c11 = T.FusedMultiplyAdd(x1, y1, c11);
            b += bStride;
            b1 += bStride;
        }

        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + cStride);
        c11.Store(c + cStride + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block1x4<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, bStride = p.BStride, cStride = p.CStride, panel = p.PanelStride;
        float* b1 = b + panel, b2 = b + (2 * panel), b3 = b + (3 * panel);
        T c00 = default, c01 = default, c02 = default, c03 = default;
        if (!p.FromZero)
        {
            c00 = T.Load(c);
            c01 = T.Load(c + 16);
            c02 = T.Load(c + 32);
            c03 = T.Load(c + 48);
        }

        for (int i = 0; i < p.Count; i++)
        {
            T x0 = T.Broadcast(a[i]);
            T y0 = T.Load(b);
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            T y1 = T.Load(b1);
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            T y2 = T.Load(b2);
            c02 = T.FusedMultiplyAdd(x0, y2, c02);
            T y3 = T.Load(b3);
            c03 = T.FusedMultiplyAdd(x0, y3, c03);
            b += bStride;
            b1 += bStride;
            b2 += bStride;
            b3 += bStride;
        }

        c00.Store(c);
        c01.Store(c + 16);
        c02.Store(c + 32);
        c03.Store(c + 48);
    }
}
