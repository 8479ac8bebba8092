using Whorl.Dht.Protocol;
using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Dht;

/// <summary>Petals' ReachabilityProtocol: servers ask others whether they can be dialled, since only others can tell.</summary>
public static class Reachability
{
    /// <summary>The protocol id.</summary>
    public const string Method = "ReachabilityProtocol.rpc_check";

    /// <summary>At most so many peers are asked.</summary>
    private const int MaxAsked = 5;

    /// <summary>Checks of other peers under way at once, whoever asks.</summary>
    private const int MaxRunning = 16;

    /// <summary>How many checks one peer may ask for in the period below, and a quarter of how many all peers at one address.</summary>
    private const int ChecksAtOnce = 10;

    private static readonly TimeSpan CheckPeriod = TimeSpan.FromMinutes(1);

    /// <summary>How long Petals waits for an answer about itself.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>How long Petals waits where the one asked must ask a third.</summary>
    private static readonly TimeSpan ThirdPartyTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Answers checks.</summary>
    /// <param name="server">Answers.</param>
    /// <param name="self">This host: about itself the answer is yes.</param>
    /// <param name="startProbe">
    /// A host for one check, disposed after it, from which the peer is asked about itself: one that does not listen and looks nobody up. Being fresh it cannot
    /// be connected already, and leaves no connection behind.
    /// </param>
    /// <param name="find">Where a peer may be; ways through relays are not tried.</param>
    /// <param name="time">The clock of deadlines and quotas.</param>
    public static void Serve(
        RpcServer server, PeerId self, Func<Task<IPeerHost>> startProbe, Func<PeerId, CancellationToken, Task<IReadOnlyList<Multiaddress>>> find, TimeProvider time)
    {
        Allowance<PeerId> ofPeers = new(ChecksAtOnce, ChecksAtOnce / CheckPeriod.TotalSeconds, time);
        Allowance<string> ofHosts = new(4 * ChecksAtOnce, 4 * ChecksAtOnce / CheckPeriod.TotalSeconds, time);
        int running = 0;
        server.HandleUnary(Method, async (context, request, token) =>
        {
            PeerId peer = ReachabilityCheck.Parse(request.Span).Peer;
            if (peer == self)
            {
                return new PingResponse(null, 0, true).ToReachabilityBytes();
            }

            try
            {
                // No answer counts as none, where "no" would keep the one asked about from serving.
                if (Interlocked.Increment(ref running) > MaxRunning
                    || (context.Caller is { } caller && !ofPeers.TryTake(caller, 1))
                    || (context.Host is { } host && !ofHosts.TryTake(host, context.IsLocal ? 1.0 / Records.DhtLimits.LoopbackFactor : 1)))
                {
                    throw new RpcErrorException("too many checks lately; ask somebody else");
                }

                Multiaddress[] addresses = [.. context.MayDial(await find(peer, token).ConfigureAwait(false))];
                IPeerHost probe = await startProbe().ConfigureAwait(false);
                await using (probe.ConfigureAwait(false))
                {
                    bool? answer = await AskAsync(new RpcClient(probe, time), new PeerAddress(peer, addresses), peer, Timeout, token).ConfigureAwait(false);
                    return new PingResponse(null, 0, answer == true).ToReachabilityBytes();
                }
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        });
    }

    /// <summary>Asks one peer about another, or about itself.</summary>
    /// <param name="client">Calls.</param>
    /// <param name="asked">Whom to ask.</param>
    /// <param name="peer">About whom.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer; null where there was none.</returns>
    public static async Task<bool?> AskAsync(
        RpcClient client, PeerAddress asked, PeerId peer, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            ReadOnlyMemory<byte> answer =
                await client.CallAsync(
                    asked, Method, new ReachabilityCheck(peer).ToBytes(), timeout, cancellationToken).ConfigureAwait(false);
            return PingResponse.Parse(answer.Span).Available;
        }
        catch (Exception e) when (e is IOException or TimeoutException or WireFormatException)
        {
            return null;
        }
    }

    /// <summary>Asks up to five peers whether they can dial this host.</summary>
    /// <param name="client">Calls, from the host in question.</param>
    /// <param name="peers">Whom to ask, for instance the nodes of a routing table.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether at least half of those that answered said yes, or none answered: Petals' rule for being reached directly.</returns>
    public static async Task<bool> IsReachableAsync(RpcClient client, IEnumerable<PeerId> peers, CancellationToken cancellationToken)
    {
        bool?[] answers = await Task.WhenAll(peers
            .Where(peer => peer != client.Id)
            .Take(MaxAsked)
            .Select(peer => AskAsync(client, peer, client.Id, ThirdPartyTimeout, cancellationToken))).ConfigureAwait(false);
        int yes = answers.Count(answer => answer == true);
        int no = answers.Count(answer => answer == false);
        return yes >= no;
    }
}
