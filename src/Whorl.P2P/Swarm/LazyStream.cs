using Whorl.P2P.Multistream;

namespace Whorl.P2P.Swarm;

/// <summary>A stream whose protocol was proposed and is taken for granted: the answer is checked before the first read.</summary>
internal sealed class LazyStream(PeerStream inner, string protocolId) : PeerStream
{
    // Touched by the reader only.
    private bool _confirmed;
    private Task? _confirming;

    public override PeerId? RemotePeer => inner.RemotePeer;

    public override string ProtocolId => protocolId;

    internal override object ConnectionKey => inner.ConnectionKey;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _confirmed ? inner.ReadAsync(buffer, cancellationToken) : ConfirmAndReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override ValueTask CloseWriteAsync(CancellationToken cancellationToken) => inner.CloseWriteAsync(cancellationToken);

    public override void Reset() => inner.Reset();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<int> ConfirmAndReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            // Not cancelled half-way: a part of the answer would be lost, and with it everything behind.
            Task confirming = _confirming ??= MultistreamSelect.ConfirmAsync(inner, protocolId, CancellationToken.None).AsTask();
            await confirming.WaitAsync(cancellationToken).ConfigureAwait(false);
            _confirmed = true;
        }
        catch (ProtocolNotSupportedException)
        {
            inner.Reset();
            throw;
        }
        catch (WireFormatException e)
        {
            inner.Reset();
            throw new PeerStreamResetException($"the stream '{protocolId}' was not negotiated: {e.Message}", e);
        }

        return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
    }
}
