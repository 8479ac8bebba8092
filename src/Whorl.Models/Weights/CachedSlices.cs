using Whorl.Formats;

namespace Whorl.Models;

/// <summary>Runs of tensors' bytes of which several weights take parts, in pieces too small to be read alone: each is read once.</summary>
/// <param name="checkpoint">Where the tensors are.</param>
/// <param name="capacity">The most bytes kept; a longer run is not kept, and its pieces are read where they are asked for.</param>
internal sealed class CachedSlices(ICheckpoint checkpoint, int capacity = 64 << 20)
{
    private readonly Dictionary<(string Tensor, long Offset, long Length), StoredSlice> _slices = [];
    private readonly Queue<(string Tensor, long Offset, long Length)> _oldest = [];
    private long _bytes;

    /// <summary>A run of a tensor's bytes.</summary>
    public StoredSlice Get(TensorEntry entry, long offset, long length)
    {
        if (length > capacity)
        {
            return new StoredSlice(checkpoint, entry, offset);
        }

        (string Tensor, long Offset, long Length) key = (entry.Name, offset, length);
        if (!_slices.TryGetValue(key, out StoredSlice? slice))
        {
            for (; _bytes + length > capacity; _bytes -= _oldest.Dequeue().Length)
            {
                _slices.Remove(_oldest.Peek());
            }

            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
            checkpoint.Read(entry, offset, bytes);
            _slices[key] = slice = new StoredSlice(checkpoint, entry, offset, bytes);
            _oldest.Enqueue(key);
            _bytes += length;
        }

        return slice;
    }
}
