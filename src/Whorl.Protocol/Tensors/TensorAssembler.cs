using Whorl.Protocol.Messages;

namespace Whorl.Protocol.Tensors;

/// <summary>Collects the parts of a stream into whole tensors. A part with an element type begins the next tensor.</summary>
/// <param name="maxBytes">The most bytes of all buffers together.</param>
public sealed class TensorAssembler(long maxBytes)
{
    private readonly List<TensorMessage> _tensors = [];
    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private TensorMessage? _first;
    private long _bytes;

    /// <summary>Takes the next part of the stream.</summary>
    /// <exception cref="WireFormatException">
    /// The stream begins with a later part, or there are too many bytes, parts or tensors.
    /// </exception>
    public void Add(TensorMessage part)
    {
        _bytes += part.Buffer.Length;
        if (_bytes > maxBytes)
        {
            throw new WireFormatException($"a stream of tensors exceeds {maxBytes} bytes");
        }

        if (part.DataType.Length > 0)
        {
            Complete();
            _first = part;
        }
        else if (_first is null)
        {
            throw new WireFormatException("a stream of tensors begins with a later part");
        }

        if (_parts.Count == MessageLimits.MaxParts || _tensors.Count == MessageLimits.MaxTensors)
        {
            throw new WireFormatException($"more than {MessageLimits.MaxParts} parts of a tensor or {MessageLimits.MaxTensors} tensors");
        }

        _parts.Add(part.Buffer);
    }

    /// <summary>The tensors of the stream, once it has ended. A tensor of one part is that part; others are copied together.</summary>
    /// <exception cref="WireFormatException">Parts of the last tensor are missing.</exception>
    public IReadOnlyList<TensorMessage> Finish()
    {
        Complete();
        return _tensors;
    }

    private void Complete()
    {
        if (_first is null)
        {
            return;
        }

        if (_first.Chunks > 0 && _first.Chunks != _parts.Count)
        {
            throw new WireFormatException($"a tensor of {_first.Chunks} parts came in {_parts.Count}");
        }

        _tensors.Add(_first with { Buffer = _parts.Count == 1 ? _parts[0] : Concatenate(_parts) });
        _first = null;
        _parts.Clear();
    }

    private static byte[] Concatenate(List<ReadOnlyMemory<byte>> parts)
    {
        var whole = new byte[parts.Sum(part => part.Length)];
        int position = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            part.CopyTo(whole.AsMemory(position));
            position += part.Length;
        }

        return whole;
    }
}
