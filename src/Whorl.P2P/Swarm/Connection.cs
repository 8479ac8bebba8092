using System.Net;
using Whorl.P2P.Muxers.Yamux;

namespace Whorl.P2P.Swarm;

/// <summary>A secured, multiplexed connection to a peer.</summary>
internal sealed class Connection(
    PeerPublicKey remoteKey, Multiaddress? remoteAddress, IPEndPoint? localEndPoint, bool isDialer, bool isRelayed, TimeProvider time)
{
    /// <summary>A peer can open, abandon and open streams faster than their handlers end; what it leaves behind is bounded, too.</summary>
    private const int MaxAnswers = 512;

    private readonly TaskCompletionSource _identified = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _answers;

    public PeerPublicKey RemoteKey { get; } = remoteKey;

    public PeerId RemotePeer => RemoteKey.Id;

    /// <summary>Where the peer is; null where the transport does not tell.</summary>
    public Multiaddress? RemoteAddress { get; } = remoteAddress;

    /// <summary>Which other connections count as being from the same host; null where the transport does not tell.</summary>
    public string? RemoteHost { get; } = Multiformats.HostGroup.Of(remoteAddress, localEndPoint?.Address);

    /// <summary>Which of this machine's endpoints it uses; null where it is no TCP connection of this machine.</summary>
    public IPEndPoint? LocalEndPoint { get; } = localEndPoint;

    /// <summary>Whether this side plays the dialer's part in what is spoken; in a punched hole it may have dialled and not play it.</summary>
    public bool IsDialer { get; } = isDialer;

    /// <summary>Whether it leads through a relay, which may cut it after some time or bytes.</summary>
    public bool IsRelayed { get; } = isRelayed;

    public long OpenedAt { get; } = time.GetTimestamp();

    /// <summary>Set right after construction: the session needs the connection for its streams.</summary>
    public YamuxSession Session { get; set; } = null!;

    /// <summary>Kept when connections are trimmed.</summary>
    public bool IsProtected { get; set; }

    /// <summary>Where the peer says it can be dialled, as far as that is believed; empty until it has said so.</summary>
    public IReadOnlyList<Multiaddress> ToldAddresses { get; set; } = [];

    public bool IsUsable => Session.IsUsable;

    /// <summary>Completes when identify has succeeded or failed.</summary>
    public Task Identified => _identified.Task;

    /// <summary>Counts a stream of the peer's as being answered.</summary>
    /// <returns>False where too many are.</returns>
    public bool TryBeginAnswer()
    {
        if (Interlocked.Increment(ref _answers) <= MaxAnswers)
        {
            return true;
        }

        EndAnswer();
        return false;
    }

    public void EndAnswer() => Interlocked.Decrement(ref _answers);

    public void SetIdentified() => _identified.TrySetResult();
}
