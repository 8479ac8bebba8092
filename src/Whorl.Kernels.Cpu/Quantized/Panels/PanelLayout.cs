using Whorl.Kernels.Cpu.Ops.Linear.Kernels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// How 32 rows of a weight matrix lie interleaved, so that the lanes of a vector run along outputs and a panel is read as one stream.
/// </summary>
/// <remarks>The last panel of a matrix is filled up with rows of zeros.</remarks>
internal abstract unsafe class PanelLayout
{
    /// <summary>Rows of a panel.</summary>
    public const int Lanes = 32;

    /// <summary>Whether its kernels take activations as blocks of 8-bit codes under a format, rather than as float32.</summary>
    public virtual bool TakesBlocks(ActivationFormat activations) => false;

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

    /// <summary>The most rows of activations that its kernels of an instruction set take at once: 1, 2, 4, 6 or 12.</summary>
    public abstract int MostRows(InstructionSet set);

    /// <summary>Multiplies rows of activations by panels, in vectors.</summary>
    /// <param name="set">Which form runs; not the scalar one.</param>
    /// <param name="rows">A number that <see cref="KernelTable.RowsOfNext"/> gives.</param>
    /// <param name="call">The work.</param>
    public abstract void Multiply(InstructionSet set, int rows, in KernelCall call);
}
