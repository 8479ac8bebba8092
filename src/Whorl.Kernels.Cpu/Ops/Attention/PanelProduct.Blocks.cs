using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

internal readonly unsafe partial struct PanelProduct
{
    // Up to 6 rows against one or two panels: the accumulators live in registers while i walks. Blocks differ only in how much they do at
    // once, never in an element's order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block<T, TRows, TPanels>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
        where TRows : IConstant
        where TPanels : IConstant
    {
        int rows = TRows.Value;
        long aStride = p.AStride, cStride = p.CStride;
        float* a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride;
        float* b1 = b + p.PanelStride;
        T c00 = default, c10 = default, c20 = default, c30 = default, c40 = default, c50 = default;
        T c01 = default, c11 = default, c21 = default, c31 = default, c41 = default, c51 = default;
        if (!p.FromZero)
        {
            Load<T, TPanels>(c, ref c00, ref c01);
            if (rows > 1) { Load<T, TPanels>(c + cStride, ref c10, ref c11); }
            if (rows > 2) { Load<T, TPanels>(c + (2 * cStride), ref c20, ref c21); }
            if (rows > 3) { Load<T, TPanels>(c + (3 * cStride), ref c30, ref c31); }
            if (rows > 4) { Load<T, TPanels>(c + (4 * cStride), ref c40, ref c41); }
            if (rows > 5) { Load<T, TPanels>(c + (5 * cStride), ref c50, ref c51); }
        }

        for (long i = 0; i < p.Count; i++)
        {
            T y0 = T.Load(b + (i * ILanes<T>.Count)), y1 = TPanels.Value > 1 ? T.Load(b1 + (i * ILanes<T>.Count)) : default;
            Add<T, TPanels>(a[i], y0, y1, ref c00, ref c01);
            if (rows > 1) { Add<T, TPanels>(a1[i], y0, y1, ref c10, ref c11); }
            if (rows > 2) { Add<T, TPanels>(a2[i], y0, y1, ref c20, ref c21); }
            if (rows > 3) { Add<T, TPanels>(a3[i], y0, y1, ref c30, ref c31); }
            if (rows > 4) { Add<T, TPanels>(a4[i], y0, y1, ref c40, ref c41); }
            if (rows > 5) { Add<T, TPanels>(a5[i], y0, y1, ref c50, ref c51); }
        }

        Store<T, TPanels>(c, c00, c01);
        if (rows > 1) { Store<T, TPanels>(c + cStride, c10, c11); }
        if (rows > 2) { Store<T, TPanels>(c + (2 * cStride), c20, c21); }
        if (rows > 3) { Store<T, TPanels>(c + (3 * cStride), c30, c31); }
        if (rows > 4) { Store<T, TPanels>(c + (4 * cStride), c40, c41); }
        if (rows > 5) { Store<T, TPanels>(c + (5 * cStride), c50, c51); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowOfFourPanels<T>(in PanelProduct p, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        long panel = p.PanelStride;
        float* b1 = b + panel, b2 = b + (2 * panel), b3 = b + (3 * panel);
        T c0 = default, c1 = default, c2 = default, c3 = default;
        if (!p.FromZero)
        {
            Load<T, Constant.Two>(c, ref c0, ref c1);
            Load<T, Constant.Two>(c + (2 * ILanes<T>.Count), ref c2, ref c3);
        }

        for (long i = 0; i < p.Count; i++)
        {
            T x = T.Broadcast(a[i]);
            c0 = T.FusedMultiplyAdd(x, T.Load(b + (i * ILanes<T>.Count)), c0);
            c1 = T.FusedMultiplyAdd(x, T.Load(b1 + (i * ILanes<T>.Count)), c1);
            c2 = T.FusedMultiplyAdd(x, T.Load(b2 + (i * ILanes<T>.Count)), c2);
            c3 = T.FusedMultiplyAdd(x, T.Load(b3 + (i * ILanes<T>.Count)), c3);
        }

        Store<T, Constant.Two>(c, c0, c1);
        Store<T, Constant.Two>(c + (2 * ILanes<T>.Count), c2, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<T, TPanels>(float* c, ref T c0, ref T c1)
        where T : unmanaged, ILanes<T>
        where TPanels : IConstant
    {
        c0 = T.Load(c);
        if (TPanels.Value > 1)
        {
            c1 = T.Load(c + ILanes<T>.Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T, TPanels>(float a, T y0, T y1, ref T c0, ref T c1)
        where T : unmanaged, ILanes<T>
        where TPanels : IConstant
    {
        T x = T.Broadcast(a);
        c0 = T.FusedMultiplyAdd(x, y0, c0);
        if (TPanels.Value > 1)
        {
            c1 = T.FusedMultiplyAdd(x, y1, c1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TPanels>(float* c, T c0, T c1)
        where T : unmanaged, ILanes<T>
        where TPanels : IConstant
    {
        c0.Store(c);
        if (TPanels.Value > 1)
        {
            c1.Store(c + ILanes<T>.Count);
        }
    }
}
