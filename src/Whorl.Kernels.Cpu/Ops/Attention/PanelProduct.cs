using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>A few rows times panels of 16 columns: <c>c[r, p, lane] (+)= Σ_i a[r, i] · b[p, i, lane]</c>.</summary>
/// <remarks>
/// Each element of c is one chain of fused multiply-adds in order of i, from +0 or from what c holds; so a chain may be cut and taken up
/// again, and neither the number of rows nor that of panels touches its bits. It serves twice: queries times key tiles, and probabilities
/// times values.
/// </remarks>
internal readonly unsafe partial struct PanelProduct
{
    /// <summary>Elements from one row of a to the next.</summary>
    public required long AStride { get; init; }

    /// <summary>Elements from one panel of b to the next.</summary>
    public required long PanelStride { get; init; }

    /// <summary>Elements from one row of c to the next; its panels follow each other.</summary>
    public required long CStride { get; init; }

    /// <summary>How far i walks.</summary>
    public required int Count { get; init; }

    /// <summary>Whether chains start at +0; else at what c holds.</summary>
    public required bool FromZero { get; init; }

    /// <summary>Does it.</summary>
    /// <param name="a"><c>[rows, Count]</c>.</param>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="b"><c>[panels, Count, 16]</c>.</param>
    /// <param name="panels">Panels of b and c.</param>
    /// <param name="c"><c>[rows, panels · 16]</c>.</param>
    public void Run<T>(float* a, int rows, float* b, int panels, float* c)
        where T : unmanaged, ILanes<T>
    {
        for (int panel = 0; panel < panels;)
        {
            int together = PanelsTogether<T>(rows, panels - panel);
            for (int row = 0; row < rows;)
            {
                float* to = c + (row * CStride) + (panel * ILanes<T>.Count);
                row += Block<T>(rows - row, together, a + (row * AStride), b + (panel * PanelStride), to);
            }

            panel += together;
        }
    }

    // The multipliers are busy with about eight chains at once; a few rows need several panels for that, as far as there are registers.
    private static int PanelsTogether<T>(int rows, int panels)
        where T : unmanaged, ILanes<T> =>
        rows == 1 && panels >= 4 ? 4
        : rows is 2 or 3 && panels >= 2 ? 2
        : rows >= 4 && panels >= 2 && T.Registers >= 16 ? 2
        : 1;

    // Returns how many rows it did.
    private int Block<T>(int rows, int panels, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
    {
        if (panels == 4)
        {
            RowOfFourPanels<T>(this, a, b, c);
            return 1;
        }

        return panels == 2 ? Block<T, Constant.Two>(rows, a, b, c) : Block<T, Constant.One>(rows, a, b, c);
    }

    private int Block<T, TPanels>(int rows, float* a, float* b, float* c)
        where T : unmanaged, ILanes<T>
        where TPanels : IConstant
    {
        switch (rows)
        {
            case 1:
                Block<T, Constant.One, TPanels>(this, a, b, c);
                return 1;
            case 2:
                Block<T, Constant.Two, TPanels>(this, a, b, c);
                return 2;
            case 3 or 5:
                Block<T, Constant.Three, TPanels>(this, a, b, c);
                return 3;
            case 4 or 7 or 8:
                Block<T, Constant.Four, TPanels>(this, a, b, c);
                return 4;
            default:
                Block<T, Constant.Six, TPanels>(this, a, b, c);
                return 6;
        }
    }
}
