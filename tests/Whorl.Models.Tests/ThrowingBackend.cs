using Whorl.Tensors;

namespace Whorl.Models.Tests;

/// <summary>A backend that computes as another one does and fails at an operation of a given number.</summary>
internal sealed class ThrowingBackend(IBackend inner) : IBackend
{
    private int _left = int.MaxValue;

    public string Name => inner.Name;

    public string KernelClass => inner.KernelClass;

    public ActivationFormat Activations => inner.Activations;

    public BackendMemory Memory => inner.Memory;

    public void TrimMemory() => inner.TrimMemory();

    /// <summary>Fails once, at the operation with this number from now on, counted from 0.</summary>
    public void FailAt(int operation) => _left = operation;

    /// <summary>Fails no more.</summary>
    public void Recover() => _left = int.MaxValue;

    public Tensor Rent(int rows, int columns) => Next().Rent(rows, columns);

    public long Mark() => inner.Mark();

    public void Release(long mark) => inner.Release(mark);

    public void Upload(ReadOnlySpan<float> values, Tensor into) => Next().Upload(values, into);

    public void Download(Tensor tensor, Span<float> values) => Next().Download(tensor, values);

    public void Copy(Tensor from, Tensor into) => Next().Copy(from, into);

    public Tensor Zeros(int rows, int columns) => Next().Zeros(rows, columns);

    public Matrix Pack(in PackRequest request) => Next().Pack(request);

    public Parameter CreateParameter(ReadOnlySpan<float> values, int rows = 1) => Next().CreateParameter(values, rows);

    public StateStore CreateStateStore(int size) => Next().CreateStateStore(size);

    public KeyValueStore CreateKeyValueStore(AttentionSpec spec, int capacity, KeyValueFormat format = KeyValueFormat.F32) =>
        Next().CreateKeyValueStore(spec, capacity, format);

    public Tensor Gather(Matrix table, ReadOnlySpan<int> ids) => Next().Gather(table, ids);

    public void Linear(Tensor x, ReadOnlySpan<LinearWeight> weights, Span<Tensor> y) => Next().Linear(x, weights, y);

    public Tensor Linear(Tensor x, LinearWeight weight, Tensor? residual = null) => Next().Linear(x, weight, residual);

    public Tensor RmsNorm(Tensor x, Parameter? weight, float epsilon, int group = 0) => Next().RmsNorm(x, weight, epsilon, group);

    public Tensor LayerNorm(Tensor x, Parameter? weight, Parameter? bias, float epsilon, int group = 0) =>
        Next().LayerNorm(x, weight, bias, epsilon, group);

    public Tensor Add(Tensor a, Tensor b) => Next().Add(a, b);

    public Tensor Multiply(Tensor a, Tensor b) => Next().Multiply(a, b);

    public Tensor Scale(Tensor a, float factor) => Next().Scale(a, factor);

    public Tensor Clamp(Tensor a, float minimum, float maximum) => Next().Clamp(a, minimum, maximum);

    public Tensor SoftCap(Tensor a, float cap) => Next().SoftCap(a, cap);

    public Tensor Activate(Activation function, Tensor a) => Next().Activate(function, a);

    public Tensor Gate(Activation function, Tensor gate, Tensor up) => Next().Gate(function, gate, up);

    public Tensor RoundToBFloat16(Tensor a) => Next().RoundToBFloat16(a);

    public Tensor RoundToInt8(Tensor a) => Next().RoundToInt8(a);

    public Tensor Rotate(Tensor x, int headSize, ReadOnlySpan<RopeTable> tables, StepLayout layout) =>
        Next().Rotate(x, headSize, tables, layout);

    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores) =>
        Next().Attention(q, k, v, spec, layout, stores);

    public Tensor Previous(Tensor x, StepLayout layout, ReadOnlySpan<StateStore> states) => Next().Previous(x, layout, states);

    public Tensor CausalConvolution(Tensor x, Parameter weight, Parameter? bias, StepLayout layout, ReadOnlySpan<StateStore> states) =>
        Next().CausalConvolution(x, weight, bias, layout, states);

    public Tensor SelectiveScan(
         Tensor x, Tensor step, Tensor b, Tensor c, Parameter a, Parameter d, StepLayout layout, ReadOnlySpan<StateStore> states) =>
        Next().SelectiveScan(x, step, b, c, a, d, layout, states);

    public Tensor SelectiveScanByHead(
         Tensor x, Tensor step, Tensor b, Tensor c, Parameter a, Parameter d, int groups, StepLayout layout, ReadOnlySpan<StateStore> states) =>
        Next().SelectiveScanByHead(x, step, b, c, a, d, groups, layout, states);

    public Tensor DeltaRuleScan(
         Tensor r, Tensor logDecay, Tensor k, Tensor v, Tensor a, Tensor b, int headSize, StepLayout layout, ReadOnlySpan<StateStore> states) =>
        Next().DeltaRuleScan(r, logDecay, k, v, a, b, headSize, layout, states);

    public Tensor SelectRows(Tensor x, ReadOnlySpan<int> rows) => Next().SelectRows(x, rows);

    public Tensor SelectColumns(Tensor x, int firstColumn, int columns) => Next().SelectColumns(x, firstColumn, columns);

    public Tensor ConcatColumns(params ReadOnlySpan<Tensor> parts) => Next().ConcatColumns(parts);

    public Tensor ConcatRows(params ReadOnlySpan<Tensor> parts) => Next().ConcatRows(parts);

    public Tensor Route(Tensor logits, RouterSpec spec, Span<int> chosen) => Next().Route(logits, spec, chosen);

    public Tensor CombineRows(Tensor x, Tensor weights) => Next().CombineRows(x, weights);

    public Tensor Softmax(Tensor x) => Next().Softmax(x);

    public void Dispose()
    {
    }

    private IBackend Next() => _left-- == 0 ? throw new InsufficientMemoryException("this operation was to fail") : inner;
}
