using System.Buffers;
using Whorl.Tensors;

namespace Whorl.Server;

/// <summary>Zeroed values outside the managed heap: a step's memory goes back to the system when the step is over, not when the heap is next cleared.</summary>
/// <remarks>Whoever disposes it must know that nobody computes with it.</remarks>
internal sealed unsafe class StepFloats : MemoryManager<float>
{
    private readonly NativeBuffer _buffer;
    private readonly int _length;

    public StepFloats(int length) => (_buffer, _length) = (new NativeBuffer(sizeof(float) * (long)length), length);

    /// <inheritdoc/>
    public override Span<float> GetSpan() => new(_buffer.Pointer, _length); // throws once it is freed

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new((float*)_buffer.Pointer + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _buffer.Dispose();
}
