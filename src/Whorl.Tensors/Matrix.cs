namespace Whorl.Tensors;

/// <summary>A weight matrix in the form a backend's kernels want, <c>[Rows, Columns]</c> = <c>[outputs, inputs]</c>.</summary>
/// <remarks>
/// Made by <see cref="IBackend.Pack"/> and only of use to the backend that made it. The values it stands for are exactly the checkpoint's.
/// </remarks>
public abstract class Matrix : IDisposable
{
    /// <summary>Outputs of the product; ids of an embedding table.</summary>
    public abstract int Rows { get; }

    /// <summary>Inputs of the product; the width of an embedding.</summary>
    public abstract int Columns { get; }

    /// <summary>The checkpoint's element type.</summary>
    public abstract ElementType ElementType { get; }

    /// <summary>Bytes of memory the packed form takes.</summary>
    public abstract long Bytes { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
