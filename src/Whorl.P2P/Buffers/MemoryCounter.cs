namespace Whorl.P2P.Buffers;

/// <summary>How many bytes of arrays several queues hold together.</summary>
internal sealed class MemoryCounter
{
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public void Add(int bytes) => Interlocked.Add(ref _bytes, bytes);
}
