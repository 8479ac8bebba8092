using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>16-bit floats: <c>[columns / 2][32][2]</c>, the number of columns filled up to even with zeros.</summary>
internal sealed unsafe class HalfWidthPanels : PanelLayout
{
    private readonly bool _brain;

    private HalfWidthPanels(bool brain) => _brain = brain;

    /// <summary>bfloat16; holds every value.</summary>
    public static HalfWidthPanels BF16 { get; } = new(true);

    /// <summary>IEEE binary16; holds finite values, because the kernels widen by shifting the bits.</summary>
    public static HalfWidthPanels F16 { get; } = new(false);

    public override PanelKind Kind => _brain ? PanelKind.BF16 : PanelKind.F16;

    public override long PanelBytes(int columns) => 4L * Lanes * ((columns + 1) / 2);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        for (int lane = 0; lane < rows; lane++)
        {
            var row = (ushort*)(source + (lane * rowBytes));
            if (!_brain && HasNotFinite(row, columns))
            {
                return false;
            }

            if (columns % 2 != 0)
            {
                ((uint*)panel)[(columns / 2 * Lanes) + lane] = row[columns - 1];
            }
        }

        Words.Interleave(source, rowBytes, rows, columns / 2, (uint*)panel);
        return true;
    }

    public override void Expand(byte* panel, int lane, Span<float> values)
    {
        for (int k = 0; k < values.Length; k++)
        {
            ushort bits = ((ushort*)panel)[(k / 2 * 2 * Lanes) + (lane * 2) + (k % 2)];
            values[k] = _brain ? BitConverter.UInt32BitsToSingle((uint)bits << 16) : Widen(bits);
        }
    }

    private static bool HasNotFinite(ushort* row, int columns)
    {
        int k = 0;
        Vector128<ushort> largest = default;
        for (; k + 8 <= columns; k += 8)
        {
            largest = Vector128.Max(largest, Vector128.Load(row + k) & Vector128.Create((ushort)0x7fff));
        }

        bool found = Vector128.GreaterThanOrEqualAny(largest, Vector128.Create((ushort)0x7c00));
        for (; k < columns; k++)
        {
            found |= IsNotFinite(row[k]);
        }

        return found;
    }
}
