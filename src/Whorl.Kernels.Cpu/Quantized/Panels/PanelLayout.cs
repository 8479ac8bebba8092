namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>How 32 rows of a weight matrix lie interleaved, so that the lanes of a vector run along outputs and a panel is read as one stream.</summary>
/// <remarks>The last panel of a matrix is filled up with rows of zeros.</remarks>
internal abstract unsafe class PanelLayout
{
    /// <summary>Rows of a panel.</summary>
    public const int Lanes = 32;

    /// <summary>Which kernels read it.</summary>
    public abstract PanelKind Kind { get; }

    /// <summary>Whether the panels hold codes and scales, so that <see cref="Tensors.ActivationFormat.Q8"/> applies.</summary>
    public virtual bool IsQuantised => false;

    /// <summary>Bytes of a panel, a multiple of 64.</summary>
    public abstract long PanelBytes(int columns);

    /// <summary>Interleaves rows of a checkpoint.</summary>
    /// <param name="source">First byte of the first row.</param>
    /// <param name="rowBytes">Bytes from row to row.</param>
    /// <param name="rows">1 to 32.</param>
    /// <param name="columns">A whole number of the type's blocks.</param>
    /// <param name="panel">Receives <see cref="PanelBytes"/> bytes; zeroed before.</param>
    /// <returns>False where the layout cannot hold the values exactly: an infinity or NaN in an f16 field.</returns>
    public abstract bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel);

    /// <summary>One row's values, exactly, in plain order.</summary>
    public abstract void Expand(byte* panel, int lane, Span<float> values);

    /// <summary>Whether the bits of an f16 are an infinity or NaN.</summary>
    protected static bool IsNotFinite(ushort half) => (half & 0x7c00) == 0x7c00;

    /// <summary>An f16, widened exactly.</summary>
    protected static float Widen(ushort half) => (float)BitConverter.UInt16BitsToHalf(half);
}
