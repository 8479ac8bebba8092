namespace Whorl.P2P;

/// <summary>One node on the network: it dials peers for a protocol and answers the protocols it has handlers for.</summary>
/// <remarks>All members may be called at once from any thread. Disposing resets every open stream and waits for the handlers to return.</remarks>
public interface IPeerHost : IAsyncDisposable
{
    /// <summary>The identity that other peers authenticate this host by.</summary>
    PeerId Id { get; }

    /// <summary>Where others can dial this host, without the trailing <c>/p2p/…</c>; changes as relays and observed addresses come and go.</summary>
    IReadOnlyList<Multiaddress> ListenAddresses { get; }

    /// <summary>Signs with the key that <see cref="Id"/> names.</summary>
    /// <param name="message">What to sign; it should say for what purpose, as the key signs other things too.</param>
    /// <returns>Null where the transport has no keys.</returns>
    byte[]? Sign(ReadOnlySpan<byte> message) => null;

    /// <summary>A connection to a peer was opened, by whichever side: once for each, from any thread; whoever is told must return at once.</summary>
    event Action<PeerId>? PeerConnected
    {
        add
        {
        }

        remove
        {
        }
    }

    /// <summary>Opens a stream, over an open connection to the peer where there is one.</summary>
    /// <param name="peer">An id, addresses, or both: without an id whoever answers is accepted; without addresses the host looks the peer up where it can.</param>
    /// <param name="protocolId">At most 1022 bytes of UTF-8 without a line feed; libp2p ids start with a slash, hivemind's do not.</param>
    /// <param name="cancellationToken">Gives up the attempt; never affects the stream once it is returned.</param>
    /// <exception cref="PeerUnavailableException">No address worked; the message says why for each.</exception>
    /// <exception cref="ProtocolNotSupportedException">The peer has no handler for it. A lazily negotiated stream may tell so at its first read instead.</exception>
    /// <exception cref="PeerStreamResetException">The peer's handler gave the stream up at once.</exception>
    /// <exception cref="ProtocolViolationException">Someone else than the peer, or someone who broke the protocol, answered.</exception>
    ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken);

    /// <summary>Answers a protocol from now on: each inbound stream runs the handler, on the thread pool.</summary>
    /// <param name="protocolId">As in <see cref="DialAsync"/>.</param>
    /// <param name="handler">
    /// Gets the stream and a token that is cancelled when the host closes. When it returns the stream is disposed; when it throws the stream is reset.
    /// </param>
    /// <exception cref="InvalidOperationException">The protocol already has a handler.</exception>
    void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler);

    /// <summary>Stops answering a protocol; streams already open run on.</summary>
    /// <returns>Whether there was a handler.</returns>
    bool Unhandle(string protocolId);
}
