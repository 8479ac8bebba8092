using System.Net.Sockets;
using Whorl.P2P.Multiformats;

namespace Whorl.P2P.Swarm;

/// <summary>Tries several addresses of a peer: the best first, the next a little later, the first connection wins.</summary>
/// <param name="backOff">Which addresses have just failed.</param>
/// <param name="dialOne">Tries one address.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="atOnce">Whether all addresses are tried without a pause between them.</param>
internal sealed class AddressDialer(DialBackOff backOff, Func<Multiaddress, CancellationToken, Task<Connection>> dialOne, TimeProvider time, bool atOnce = false)
{
    /// <summary>How many addresses of one peer are tried.</summary>
    private const int MaxAddresses = 16;

    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <exception cref="PeerUnavailableException">None worked; says why for each.</exception>
    /// <exception cref="ProtocolViolationException">The only answer came from someone else.</exception>
    public async Task<Connection> DialAsync(PeerAddress peer, IEnumerable<Multiaddress> addresses, CancellationToken cancellationToken)
    {
        Multiaddress[] distinct = [.. addresses.Distinct()];
        Multiaddress[] dialable = [.. distinct.Where(a => a.IsDialable).OrderBy(Rank).Take(MaxAddresses)];
        (Multiaddress Address, string? Reason)[] known = [.. dialable.Select(a => (a, backOff.ReasonAgainst(a)))];
        Multiaddress[] open = [.. known.Where(a => a.Reason is null).Select(a => a.Address)];
        if (open.Length == 0)
        {
            string why = distinct.Length == 0 ? "no address of it is known"
                : dialable.Length == 0 ? $"none of its addresses is of a transport spoken here (TCP): {string.Join(", ", distinct.Take(MaxAddresses))}"
                : $"every address failed a moment ago: {string.Join("; ", known.Select(a => a.Reason))}";
            throw new PeerUnavailableException($"{peer.Id} cannot be reached: {why}") { Peer = peer.Id, IsTransient = distinct.Length == 0 || dialable.Length > 0 };
        }

        return await RaceAsync(peer, open, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Connection> RaceAsync(PeerAddress peer, Multiaddress[] addresses, CancellationToken cancellationToken)
    {
        using CancellationTokenSource losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<Connection>> attempts = [];
        List<Exception> failures = [];
        List<string> reasons = [];
        int next = 0;
        try
        {
            while (next < addresses.Length || attempts.Count > 0)
            {
                if (next < addresses.Length)
                {
                    attempts.Add(AttemptAsync(addresses[next++], losers.Token));
                    if (atOnce)
                    {
                        continue;
                    }
                }

                Task pause = next < addresses.Length ? Task.Delay(Stagger, time, losers.Token) : Task.Delay(Timeout.InfiniteTimeSpan, time, losers.Token);
                Task first = await Task.WhenAny([.. attempts, pause]).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (first is Task<Connection> done)
                {
                    attempts.Remove(done);
                    if (done.IsCompletedSuccessfully)
                    {
                        return done.Result;
                    }

                    failures.Add(done.Exception?.InnerException ?? new TimeoutException());
                    reasons.Add(failures[^1].Message);
                }
            }
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            _ = CloseLateAsync(attempts);
        }

        if (failures is [ProtocolViolationException violation])
        {
            throw violation;
        }

        throw new PeerUnavailableException($"{peer.Id?.ToString() ?? "the peer"} cannot be reached: {string.Join("; ", reasons)}", failures[^1]) { Peer = peer.Id };
    }

    private async Task<Connection> AttemptAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        try
        {
            Connection connection = await dialOne(address, cancellationToken).ConfigureAwait(false);
            backOff.OnSuccess(address);
            return connection;
        }
        catch (ProtocolViolationException e)
        {
            throw new ProtocolViolationException(Failed($"{address}: {e.Message}"), e);
        }
        catch (Exception e) when (e is IOException or SocketException or WireFormatException)
        {
            throw new PeerUnavailableException(Failed($"{address}: {e.Message}"), e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException(Failed($"{address}: no answer in time"), e);
        }

        string Failed(string reason)
        {
            backOff.OnFailure(address, reason, time.GetElapsedTime(start));
            return reason;
        }
    }

    /// <summary>Attempts that succeed after another did are closed.</summary>
    private static async Task CloseLateAsync(List<Task<Connection>> attempts)
    {
        foreach (Task<Connection> attempt in attempts)
        {
            await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (attempt.IsCompletedSuccessfully)
            {
                await attempt.Result.Session.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Direct before relayed; near before far; addresses before names.</summary>
    private static int Rank(Multiaddress address) =>
        (address.IsCircuit ? 100 : 0) + (10 * (int)AddressScopes.Of(address)) + (address.Components[0].Protocol.Form == MultiaddressValueForm.Ip ? 0 : 1);
}
