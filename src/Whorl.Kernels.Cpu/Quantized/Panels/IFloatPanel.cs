using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// A layout that kernels read as float32, two columns at a time, as a type; the number of columns is filled up to even with zeros.
/// </summary>
internal unsafe interface IFloatPanel
{
    /// <summary>Bytes of two columns.</summary>
    static abstract int PairBytes { get; }

    /// <summary>Two columns, widened exactly; lane = output.</summary>
    /// <param name="pair">The columns.</param>
    /// <param name="part">Which register's lanes of the panel's 32.</param>
    /// <param name="even">The first column.</param>
    /// <param name="odd">The second.</param>
    static abstract void ReadPair<TRegister>(byte* pair, int part, out TRegister even, out TRegister odd)
        where TRegister : unmanaged, IRegister<TRegister>;

    /// <summary>Interleaves rows of a checkpoint; see <see cref="PanelLayout.TryPack"/>.</summary>
    static abstract bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel);
}
