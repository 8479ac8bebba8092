namespace Whorl.Kernels.Cpu.Threading;

/// <summary>Operations that gain alike from a further thread.</summary>
internal enum WorkKind
{
    /// <summary>Element by element, or row by row.</summary>
    Rows,

    /// <summary>Matrix products of a few rows: weights are read, little is computed.</summary>
    Vectors,

    /// <summary>Matrix products of many rows.</summary>
    Matrices,

    /// <summary>Attention.</summary>
    Attention,
}
