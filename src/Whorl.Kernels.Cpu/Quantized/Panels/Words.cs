using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Moves 32-bit words between rows and panels.</summary>
internal static unsafe class Words
{
    private const int AtOnce = 64; // words of each row: the part of the panel that they fill stays in the first cache

    /// <summary>Interleaves rows: word i of row r goes to <c>panel[32 · i + r]</c>.</summary>
    /// <param name="source">The first row.</param>
    /// <param name="rowBytes">Bytes from row to row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="words">Words to take of each.</param>
    /// <param name="panel">Where to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(byte* source, long rowBytes, int rows, int words, uint* panel)
    {
        for (int first = 0; first < words; first += AtOnce)
        {
            int end = Math.Min(first + AtOnce, words);
            for (int r = 0; r < rows; r++)
            {
                var row = (uint*)(source + (r * rowBytes));
                for (int i = first; i < end; i++)
                {
                    panel[((long)i * PanelLayout.Lanes) + r] = row[i];
                }
            }
        }
    }

    /// <summary>Interleaves rows of 16-bit numbers, two columns a word; an odd last column has zeros beside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InterleaveHalves(byte* source, long rowBytes, int rows, int columns, uint* panel)
    {
        for (int r = 0; columns % 2 != 0 && r < rows; r++)
        {
            panel[((long)columns / 2 * PanelLayout.Lanes) + r] = ((ushort*)(source + (r * rowBytes)))[columns - 1];
        }

        Interleave(source, rowBytes, rows, columns / 2, panel);
    }
}
