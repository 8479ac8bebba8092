namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>A run of panels against a few rows of activations: what every kernel is given.</summary>
internal unsafe struct KernelCall
{
    /// <summary>The first panel.</summary>
    public byte* Weights;

    /// <summary>Bytes from panel to panel.</summary>
    public long PanelBytes;

    /// <summary>Number of panels.</summary>
    public int Panels;

    /// <summary>
    /// Rows of activations: <see cref="Quantized.Activations.ActivationBlock"/>s, or float32 filled up to an even number with -0, which
    /// added to a chain changes nothing.
    /// </summary>
    public byte* X;

    /// <summary>Bytes from row to row.</summary>
    public nint RowBytes;

    /// <summary>Length of the sum: blocks of 32 columns, or pairs of columns.</summary>
    public int Steps;

    /// <summary>Receives 32 outputs a panel for each row.</summary>
    public float* Out;

    /// <summary>Floats from row to row of the outputs.</summary>
    public nint OutStride;
}
