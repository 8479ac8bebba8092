using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Whorl.P2P;

namespace Whorl.Cli.Chaos;

/// <summary>A node whose answers to steps are false when it is told: a server of a chaos run, and never another one's.</summary>
/// <param name="inner">The node.</param>
/// <param name="orders">What it is told.</param>
internal sealed class LyingHost(IPeerHost inner, LyingHost.Orders orders) : IPeerHost
{
    /// <summary>
    /// What it may be told: values that are no numbers, bytes that are no frame, one value less, the whole answer before, its values again.
    /// </summary>
    public static ReadOnlySpan<byte> Lies => "ngsov"u8;

    /// <summary>What makes it honest again.</summary>
    public const byte Honest = (byte)'.';

    /// <inheritdoc/>
    public PeerId Id => inner.Id;

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddress> ListenAddresses => inner.ListenAddresses;

    /// <inheritdoc/>
    public ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken) =>
        inner.DialAsync(peer, protocolId, cancellationToken);

    /// <inheritdoc/>
    public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler) =>
        inner.Handle(protocolId, (stream, token) => handler(new LyingStream(stream, orders), token));

    /// <inheritdoc/>
    public bool Unhandle(string protocolId) => inner.Unhandle(protocolId);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>What a node is told. Safe for many threads.</summary>
    internal sealed class Orders
    {
        private int _lie;

        /// <summary>The next answer that has values is false; where it is no lie that is told, it is true.</summary>
        public void Tell(byte lie) => Volatile.Write(ref _lie, Lies.Contains(lie) ? lie : 0);

        /// <summary>What to do, once; 0 to tell the truth.</summary>
        public byte Take() => (byte)Interlocked.Exchange(ref _lie, 0);
    }

    /// <summary>Frames of <c>/whorl/span/1</c> are two lengths, a header and values; those that are written at once are lied in.</summary>
    private sealed class LyingStream(PeerStream inner, Orders orders) : PeerStream
    {
        private const int Prefix = 8;

        private byte[] _last = [];

        public override PeerId? RemotePeer => inner.RemotePeer;

        public override string ProtocolId => inner.ProtocolId;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer.Length > Prefix && Values(buffer.Span) > 0 ? Answer(buffer) : buffer, cancellationToken);

        public override ValueTask CloseWriteAsync(CancellationToken cancellationToken) => inner.CloseWriteAsync(cancellationToken);

        public override void Reset() => inner.Reset();

        public override ValueTask DisposeAsync() => inner.DisposeAsync();

        /// <summary>Bytes of values in a whole frame; 0 for anything else.</summary>
        private static int Values(ReadOnlySpan<byte> frame)
        {
            long header = BinaryPrimitives.ReadUInt32LittleEndian(frame), values = BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);
            return Prefix + header + values == frame.Length ? (int)values : 0;
        }

        private ReadOnlyMemory<byte> Answer(ReadOnlyMemory<byte> frame)
        {
            byte[] before = _last;
            _last = frame.ToArray();
            byte lie = orders.Take();
            int values = Values(frame.Span);
            if (lie == 0)
            {
                return frame;
            }

            byte[] told = frame.ToArray();
            switch ((char)lie)
            {
                case 'n':
                    MemoryMarshal.Write(told.AsSpan(^sizeof(float)..), float.NaN);
                    return told;
                case 'g':
                    told.AsSpan().Fill(0xa5);
                    return told;
                case 's':
                    BinaryPrimitives.WriteInt32LittleEndian(told.AsSpan(4), values - sizeof(float));
                    return told.AsMemory(..^sizeof(float));
                case 'o' when before.Length > Prefix:
                    return before;
                case 'v' when before.Length > Prefix && Values(before) == values:
                    before.AsSpan(^values..).CopyTo(told.AsSpan(^values..));
                    return told;
                default:
                    orders.Tell(lie); // there is nothing yet to say again
                    return frame;
            }
        }
    }
}
