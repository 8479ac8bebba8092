namespace Whorl.Tensors;

/// <summary>Memory of this process outside the managed heap, 64-byte aligned: taken from the system, or a part of a file.</summary>
public abstract unsafe class HostMemory : IDisposable
{
    /// <summary>Size in bytes, as asked for.</summary>
    public abstract long Bytes { get; }

    /// <summary>Start of the memory, 64-byte aligned; at least 64 readable bytes follow the end.</summary>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public abstract void* Pointer { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
