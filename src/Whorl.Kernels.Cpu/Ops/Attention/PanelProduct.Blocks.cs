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
        long aStride = p.AStride, cStride = p.CStride;
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

        for (long i = 0; i < p.Count; i++)
        {
            T y = T.Load(b + (i * ILanes<T>.Count));
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), y, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), y, c1);
            c2 = T.FusedMultiplyAdd(T.Broadcast(a2[i]), y, c2);
            c3 = T.FusedMultiplyAdd(T.Broadcast(a3[i]), y, c3);
            c4 = T.FusedMultiplyAdd(T.Broadcast(a4[i]), y, c4);
            c5 = T.FusedMultiplyAdd(T.Broadcast(a5[i]), y, c5);
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
        long aStride = p.AStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride), a3 = a + (3 * aStride);
        T c0 = default, c1 = default, c2 = default, c3 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
            c1 = T.Load(c + cStride);
            c2 = T.Load(c + (2 * cStride));
            c3 = T.Load(c + (3 * cStride));
        }

        for (long i = 0; i < p.Count; i++)
        {
            T y = T.Load(b + (i * ILanes<T>.Count));
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), y, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), y, c1);
            c2 = T.FusedMultiplyAdd(T.Broadcast(a2[i]), y, c2);
            c3 = T.FusedMultiplyAdd(T.Broadcast(a3[i]), y, c3);
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
        long aStride = p.AStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride);
        T c0 = default, c1 = default, c2 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
            c1 = T.Load(c + cStride);
            c2 = T.Load(c + (2 * cStride));
        }

        for (long i = 0; i < p.Count; i++)
        {
            T y = T.Load(b + (i * ILanes<T>.Count));
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), y, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), y, c1);
            c2 = T.FusedMultiplyAdd(T.Broadcast(a2[i]), y, c2);
        }

        c0.Store(c);
        c1.Store(c + cStride);
        c2.Store(c + (2 * cStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block2x1<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, cStride = p.CStride;
        float* a1 = a + aStride;
        T c0 = default, c1 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
            c1 = T.Load(c + cStride);
        }

        for (long i = 0; i < p.Count; i++)
        {
            T y = T.Load(b + (i * ILanes<T>.Count));
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), y, c0);
            c1 = T.FusedMultiplyAdd(T.Broadcast(a1[i]), y, c1);
        }

        c0.Store(c);
        c1.Store(c + cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block1x1<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        T c0 = default;
        if (!p.FromZero)
        {
            c0 = T.Load(c);
        }

        for (long i = 0; i < p.Count; i++)
        {
            T y = T.Load(b + (i * ILanes<T>.Count));
            c0 = T.FusedMultiplyAdd(T.Broadcast(a[i]), y, c0);
        }

        c0.Store(c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block6x2<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, panel = p.PanelStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride), a3 = a + (3 * aStride), a4 = a + (4 * aStride), a5 = a + (5 * aStride);
        float* b1 = b + panel;
        T c00 = default, c10 = default, c20 = default, c30 = default, c40 = default, c50 = default;
        T c01 = default, c11 = default, c21 = default, c31 = default, c41 = default, c51 = default;
        if (!p.FromZero)
        {
            c00 = T.Load(c);
            c01 = T.Load(c + 16);
            c10 = T.Load(c + cStride);
            c11 = T.Load(c + cStride + 16);
            c20 = T.Load(c + (2 * cStride));
            c21 = T.Load(c + (2 * cStride) + 16);
            c30 = T.Load(c + (3 * cStride));
            c31 = T.Load(c + (3 * cStride) + 16);
            c40 = T.Load(c + (4 * cStride));
            c41 = T.Load(c + (4 * cStride) + 16);
            c50 = T.Load(c + (5 * cStride));
            c51 = T.Load(c + (5 * cStride) + 16);
        }

        for (long i = 0; i < p.Count; i++)
        {
            T y0 = T.Load(b + (i * ILanes<T>.Count)), y1 = T.Load(b1 + (i * ILanes<T>.Count));
            T x0 = T.Broadcast(a[i]);
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            T x1 = T.Broadcast(a1[i]);
            c10 = T.FusedMultiplyAdd(x1, y0, c10);
            c11 = T.FusedMultiplyAdd(x1, y1, c11);
            T x2 = T.Broadcast(a2[i]);
            c20 = T.FusedMultiplyAdd(x2, y0, c20);
            c21 = T.FusedMultiplyAdd(x2, y1, c21);
            T x3 = T.Broadcast(a3[i]);
            c30 = T.FusedMultiplyAdd(x3, y0, c30);
            c31 = T.FusedMultiplyAdd(x3, y1, c31);
            T x4 = T.Broadcast(a4[i]);
            c40 = T.FusedMultiplyAdd(x4, y0, c40);
            c41 = T.FusedMultiplyAdd(x4, y1, c41);
            T x5 = T.Broadcast(a5[i]);
            c50 = T.FusedMultiplyAdd(x5, y0, c50);
            c51 = T.FusedMultiplyAdd(x5, y1, c51);
        }

        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + cStride);
        c11.Store(c + cStride + 16);
        c20.Store(c + (2 * cStride));
        c21.Store(c + (2 * cStride) + 16);
        c30.Store(c + (3 * cStride));
        c31.Store(c + (3 * cStride) + 16);
        c40.Store(c + (4 * cStride));
        c41.Store(c + (4 * cStride) + 16);
        c50.Store(c + (5 * cStride));
        c51.Store(c + (5 * cStride) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block4x2<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, panel = p.PanelStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a + (2 * aStride), a3 = a + (3 * aStride);
        float* b1 = b + panel;
        T c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        if (!p.FromZero)
        {
            c00 = T.Load(c);
            c01 = T.Load(c + 16);
            c10 = T.Load(c + cStride);
            c11 = T.Load(c + cStride + 16);
            c20 = T.Load(c + (2 * cStride));
            c21 = T.Load(c + (2 * cStride) + 16);
            c30 = T.Load(c + (3 * cStride));
            c31 = T.Load(c + (3 * cStride) + 16);
        }

        for (long i = 0; i < p.Count; i++)
        {
            T x0 = T.Broadcast(a[i]);
            T x1 = T.Broadcast(a1[i]);
            T x2 = T.Broadcast(a2[i]);
            T x3 = T.Broadcast(a3[i]);
            T y0 = T.Load(b + (i * ILanes<T>.Count));
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            c10 = T.FusedMultiplyAdd(x1, y0, c10);
            c20 = T.FusedMultiplyAdd(x2, y0, c20);
            c30 = T.FusedMultiplyAdd(x3, y0, c30);
            T y1 = T.Load(b1 + (i * ILanes<T>.Count));
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            c11 = T.FusedMultiplyAdd(x1, y1, c11);
            c21 = T.FusedMultiplyAdd(x2, y1, c21);
            c31 = T.FusedMultiplyAdd(x3, y1, c31);
        }

        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + cStride);
        c11.Store(c + cStride + 16);
        c20.Store(c + (2 * cStride));
        c21.Store(c + (2 * cStride) + 16);
        c30.Store(c + (3 * cStride));
        c31.Store(c + (3 * cStride) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block3x2<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long aStride = p.AStride, panel = p.PanelStride, cStride = p.CStride;
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

        for (long i = 0; i < p.Count; i++)
        {
            T x0 = T.Broadcast(a[i]);
            T x1 = T.Broadcast(a1[i]);
            T x2 = T.Broadcast(a2[i]);
            T y0 = T.Load(b + (i * ILanes<T>.Count));
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            c10 = T.FusedMultiplyAdd(x1, y0, c10);
            c20 = T.FusedMultiplyAdd(x2, y0, c20);
            T y1 = T.Load(b1 + (i * ILanes<T>.Count));
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            c11 = T.FusedMultiplyAdd(x1, y1, c11);
            c21 = T.FusedMultiplyAdd(x2, y1, c21);
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
        long aStride = p.AStride, panel = p.PanelStride, cStride = p.CStride;
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

        for (long i = 0; i < p.Count; i++)
        {
            T x0 = T.Broadcast(a[i]);
            T x1 = T.Broadcast(a1[i]);
            T y0 = T.Load(b + (i * ILanes<T>.Count));
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            c10 = T.FusedMultiplyAdd(x1, y0, c10);
            T y1 = T.Load(b1 + (i * ILanes<T>.Count));
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            c11 = T.FusedMultiplyAdd(x1, y1, c11);
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
        long panel = p.PanelStride;
        float* b1 = b + panel, b2 = b + (2 * panel), b3 = b + (3 * panel);
        T c00 = default, c01 = default, c02 = default, c03 = default;
        if (!p.FromZero)
        {
            c00 = T.Load(c);
            c01 = T.Load(c + 16);
            c02 = T.Load(c + 32);
            c03 = T.Load(c + 48);
        }

        for (long i = 0; i < p.Count; i++)
        {
            T x0 = T.Broadcast(a[i]);
            T y0 = T.Load(b + (i * ILanes<T>.Count));
            c00 = T.FusedMultiplyAdd(x0, y0, c00);
            T y1 = T.Load(b1 + (i * ILanes<T>.Count));
            c01 = T.FusedMultiplyAdd(x0, y1, c01);
            T y2 = T.Load(b2 + (i * ILanes<T>.Count));
            c02 = T.FusedMultiplyAdd(x0, y2, c02);
            T y3 = T.Load(b3 + (i * ILanes<T>.Count));
            c03 = T.FusedMultiplyAdd(x0, y3, c03);
        }

        c00.Store(c);
        c01.Store(c + 16);
        c02.Store(c + 32);
        c03.Store(c + 48);
    }
}
