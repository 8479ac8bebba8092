namespace Whorl.P2P.Buffers;

/// <summary>One failure is thrown to many callers: each gets an exception of its own, so that their traces do not mix.</summary>
internal static class StreamFailure
{
    public static IOException Again(IOException failure) => failure switch
    {
        PeerUnavailableException e => new PeerUnavailableException(e.Message, e.InnerException ?? e) { Peer = e.Peer, IsTransient = e.IsTransient },
        PeerStreamResetException e => new PeerStreamResetException(e.Message, e.InnerException ?? e),
        ProtocolNotSupportedException e => new ProtocolNotSupportedException(e.Message, e) { ProtocolId = e.ProtocolId },
        _ => new PeerUnavailableException(failure.Message, failure),
    };
}
