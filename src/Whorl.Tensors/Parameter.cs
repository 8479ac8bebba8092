namespace Whorl.Tensors;

/// <summary>A small weight kept as plain float32: a norm's gain, a bias, a table of slopes.</summary>
/// <param name="value">The values, in the backend's memory.</param>
/// <param name="memory">Owns that memory.</param>
public sealed class Parameter(Tensor value, IDisposable memory) : IDisposable
{
    /// <summary>The values; alive until disposal.</summary>
    public Tensor Value { get; } = value;

    /// <summary>Number of elements.</summary>
    public int Length => Value.Length;

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
