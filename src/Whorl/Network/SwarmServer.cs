using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl;

/// <summary>A server of a swarm: what it announces, and whether it is there.</summary>
/// <param name="Peer">Its id.</param>
/// <param name="Info">What it announces.</param>
/// <param name="Validity">How long its announcement holds from now.</param>
/// <param name="RoundTrip">The time to it and back; null where it does not answer.</param>
/// <param name="Fault">Why it does not answer; null where it does.</param>
internal sealed record SwarmServer(PeerId Peer, ServerInfo Info, TimeSpan Validity, TimeSpan? RoundTrip, string? Fault)
{
    /// <summary>For how long Petals' servers and Whorl's announce themselves unless their operators say otherwise.</summary>
    private static readonly TimeSpan UsualValidity = TimeSpan.FromSeconds(240);

    /// <summary>What it can be used for now: online, joining, offline by its own word, or gone: announced, but without an answer.</summary>
    public string State => Info.State == ServerState.Offline ? "offline" : Fault is not null ? "gone"
        : Info.State == ServerState.Online ? "online" : "joining";

    /// <summary>Whether it computes for others now.</summary>
    public bool IsOnline => State == "online";

    /// <summary>Its blocks; null where it does not say.</summary>
    public BlockRange? Range => Info is { StartBlock: >= 0 and int first, EndBlock: int end } && end > first ? new BlockRange(first, end - 1) : null;

    /// <summary>
    /// How long ago it was heard of last, if it announces itself for as long as servers usually do: an announcement tells only when it ends. Null where
    /// it does not, as this one still holds for longer.
    /// </summary>
    public TimeSpan? LastAnnounced => UsualValidity >= Validity ? UsualValidity - Validity : null;
}
