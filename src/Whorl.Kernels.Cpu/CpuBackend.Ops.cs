using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

// Operations still to come.
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public KeyValueStore CreateKeyValueStore(AttentionSpec spec, int capacity) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor RmsNorm(Tensor x, Parameter? weight, float epsilon, int group = 0) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor LayerNorm(Tensor x, Parameter? weight, Parameter? bias, float epsilon, int group = 0) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Add(Tensor a, Tensor b) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Multiply(Tensor a, Tensor b) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Scale(Tensor a, float factor) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Clamp(Tensor a, float minimum, float maximum) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor SoftCap(Tensor a, float cap) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Activate(Activation function, Tensor a) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Gate(Activation function, Tensor gate, Tensor up) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor RoundToBFloat16(Tensor a) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Rotate(Tensor x, int headSize, RopeTable table, ReadOnlySpan<int> positions) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor SelectRows(Tensor x, ReadOnlySpan<int> rows) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor SelectColumns(Tensor x, int firstColumn, int columns) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor CombineRows(Tensor x, Tensor weights) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Tensor Softmax(Tensor x) => throw new NotImplementedException();
}
