namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Moves 32-bit words between rows and panels.</summary>
internal static unsafe class Words
{
    /// <summary>Writes a row's words into one lane of a panel: word i goes to <c>lane[32 · i]</c>.</summary>
    public static void Spread(uint* row, int count, uint* lane)
    {
        for (int i = 0; i < count; i++)
        {
            lane[i * PanelLayout.Lanes] = row[i];
        }
    }
}
