using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Dht;

/// <summary>What one peer, and all peers at one address, may ask of this node. What they may store is measured by how long it lasts.</summary>
internal sealed class Quotas(TimeProvider time)
{
    private static readonly double Life = DhtLimits.MaxLifetime.TotalSeconds;

    private readonly Allowance<PeerId> _recordsOfPeer = new(DhtLimits.MaxRecordsPerPeer * Life, DhtLimits.MaxRecordsPerPeer, time);
    private readonly Allowance<string> _recordsOfHost = new(DhtLimits.MaxRecordsPerHost * Life, DhtLimits.MaxRecordsPerHost, time);
    private readonly Allowance<PeerId> _bytesOfPeer = new(DhtLimits.MaxRecordBytesPerPeer * Life, DhtLimits.MaxRecordBytesPerPeer, time);
    private readonly Allowance<string> _bytesOfHost = new(DhtLimits.MaxRecordBytesPerHost * Life, DhtLimits.MaxRecordBytesPerHost, time);
    private readonly Allowance<PeerId> _keysOfPeer = new(10 * DhtLimits.MaxKeysPerSecondAndPeer, DhtLimits.MaxKeysPerSecondAndPeer, time);
    private readonly Allowance<string> _keysOfHost = new(10 * DhtLimits.MaxKeysPerSecondAndHost, DhtLimits.MaxKeysPerSecondAndHost, time);

    /// <summary>Whether a caller may store so much more.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="records">How many records.</param>
    /// <param name="bytes">Of how many bytes.</param>
    /// <param name="seconds">How long they last.</param>
    public bool MayStore(RpcContext caller, int records, long bytes, double seconds)
    {
        double life = Math.Clamp(seconds, 1, Life);
        return MayTake(_recordsOfPeer, _recordsOfHost, caller, records * life) && MayTake(_bytesOfPeer, _bytesOfHost, caller, bytes * life);
    }

    /// <summary>Lets a caller ask for so many keys.</summary>
    /// <exception cref="RpcErrorException">It has asked for too many lately.</exception>
    public void Ask(RpcContext caller, FindRequest request)
    {
        if (!MayTake(_keysOfPeer, _keysOfHost, caller, Math.Max(request.Keys.Count, 1)))
        {
            throw new RpcErrorException($"more than {DhtLimits.MaxKeysPerSecondAndPeer} keys a second were asked for; wait a little");
        }
    }

    private static bool MayTake(Allowance<PeerId> ofPeer, Allowance<string> ofHost, RpcContext caller, double cost) =>
        (caller.Caller is not { } peer || ofPeer.TryTake(peer, cost))
        && (caller.Host is not { } host || ofHost.TryTake(host, caller.IsLocal ? cost / DhtLimits.LoopbackFactor : cost));
}
