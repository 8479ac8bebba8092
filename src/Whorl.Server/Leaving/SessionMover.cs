using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server;

/// <summary>Hands sessions of a server that leaves to others that hold the same blocks, and tells their clients where.</summary>
/// <param name="host">This node.</param>
/// <param name="span">The blocks.</param>
/// <param name="successors">Who holds all of some blocks, the best first.</param>
/// <param name="costs">Decides which sessions are moved; the others are computed again elsewhere.</param>
/// <param name="log">What is told to the operator.</param>
internal sealed class SessionMover(
    IPeerHost host, HostedSpan span, Func<BlockRange, CancellationToken, Task<IReadOnlyList<PeerId>>> successors, MoveCosts costs, ILogger log)
{
    private const int AtOnce = 4;
    private const int MostAsked = 3; // of some blocks

    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(5), AnswerTime = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<BlockRange, Task<IReadOnlyList<PeerId>>> _found = new();
    private readonly ConcurrentDictionary<PeerId, bool> _failed = new();

    /// <summary>Moves those that can be, and tells the clients of all; sessions of clients that do not heed it go on as they are.</summary>
    /// <param name="sessions">The sessions.</param>
    /// <param name="cancellationToken">Gives up; what is not moved by then stays.</param>
    /// <returns>How many were moved.</returns>
    public async Task<int> MoveAsync(IEnumerable<SessionEntry> sessions, CancellationToken cancellationToken)
    {
        int moved = 0;
        ParallelOptions options = new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(sessions.Where(session => session.HeedsMoved && session.Id is not null), options, async (session, token) =>
            {
                if (await MoveAsync(session, token))
                {
                    Interlocked.Increment(ref moved);
                }
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the grace is over
        }

        return moved;
    }

    private async Task<bool> MoveAsync(SessionEntry session, CancellationToken cancellationToken)
    {
        await FindAsync(session.Session.Cache.Range, cancellationToken); // first: no step waits for the swarm
        await session.Turn.WaitAsync(cancellationToken); // no step is under way, and the last answer has been sent
        try
        {
            if (session.Owner is not { } client || !session.TryBeginStep())
            {
                return false;
            }

            PeerId? successor;
            try
            {
                successor = await SendAsync(session, cancellationToken);
            }
            finally
            {
                session.EndStep();
            }

            session.IsMoved = successor is not null;
            try
            {
                await client.TellAsync(new SpanReply.Moved(successor, successor is null ? null : session.Id), cancellationToken);
            }
            catch (IOException)
            {
                // It is computed again by whoever takes the place of this server; where it was moved to it is given up after a while.
            }

            if (successor is not null)
            {
                await session.CloseAsync();
            }

            return successor is not null;
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <returns>Who has it now; null where it is here.</returns>
    private async Task<PeerId?> SendAsync(SessionEntry session, CancellationToken cancellationToken)
    {
        SessionCache cache = session.Session.Cache;
        long bytes = cache.SavedBytes(cache.Committed);
        if (cache.Parents.Length > 0 || bytes > SpanWire.MaxPayloadBytes
            || costs.TimeToSend(bytes) >= costs.TimeToReplay(cache.Committed, cache.Range.Count, span.BoundarySize))
        {
            return null;
        }

        foreach (PeerId peer in (await FindAsync(cache.Range, cancellationToken)).Where(peer => !_failed.ContainsKey(peer)))
        {
            using CancellationTokenSource time = new(AnswerTime + costs.LimitOf(bytes), span.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
            try
            {
                if (await TrySendAsync(peer, session, (int)bytes, either.Token) is not { } refusal)
                {
                    Log.SessionHandedOver(log, Log.Name(session.OwnerId), Log.Name(peer), cache.Committed, bytes / 1048576.0);
                    return peer;
                }

                Log.NotHandedOver(log, Log.Name(peer), PeerText.Clean(refusal));
            }
            catch (Exception e) when (e is IOException or FormatException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                _failed[peer] = true; // the next sessions do not wait for it
                Log.NotHandedOver(log, Log.Name(peer), PeerText.Clean(e.Message));
            }
        }

        return null;
    }

    private async Task<IReadOnlyList<PeerId>> FindAsync(BlockRange range, CancellationToken cancellationToken)
    {
        try
        {
            return await _found.GetOrAdd(range, SearchAsync).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or TimeoutException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return []; // the swarm does not answer
        }
    }

    private async Task<IReadOnlyList<PeerId>> SearchAsync(BlockRange range)
    {
        using CancellationTokenSource limit = new(LongestSearch, span.Time);
        PeerId[] known = [.. (await successors(range, limit.Token).WaitAsync(limit.Token)).Where(peer => !peer.Equals(host.Id)).Take(MostAsked)];
        bool[] isAble = await Task.WhenAll(known.Select(peer => IsAbleAsync(peer, range, limit.Token)));
        return [.. known.Where((_, i) => isAble[i])];
    }

    /// <summary>Whether a server is there, holds the blocks by the same contract, and takes sessions over.</summary>
    private async Task<bool> IsAbleAsync(PeerId peer, BlockRange range, CancellationToken cancellationToken)
    {
        try
        {
            await using PeerStream stream = await host.DialAsync(new PeerAddress(peer), SpanWire.ProtocolId, cancellationToken);
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Describe(), default, cancellationToken);
            return await connection.ReceiveReplyAsync(cancellationToken) is SpanReply.Description description
                && description.Features.HasFlag(SpanFeatures.HandOver)
                && description.FirstBlock <= range.First && range.Last <= description.LastBlock
                && span.Contract.Disagreement(SpanContract.Parse(description.Contract)) is null;
        }
        catch (Exception e) when (e is IOException or FormatException or OperationCanceledException)
        {
            Log.NotHandedOver(log, Log.Name(peer), PeerText.Clean(e.Message));
            return false;
        }
    }

    /// <returns>Null where it has the session; else why it does not take it.</returns>
    private async Task<string?> TrySendAsync(PeerId peer, SessionEntry session, int bytes, CancellationToken cancellationToken)
    {
        SessionCache cache = session.Session.Cache;
        PeerStream stream = await host.DialAsync(new PeerAddress(peer), SpanWire.ProtocolId, cancellationToken);
        bool isWhole = false;
        try
        {
            SpanConnection connection = new(stream);
            SpanRequest.HandOver given = new(
                session.OwnerId!,
                session.Id!.Value,
                cache.Range.First,
                cache.Range.Last,
                cache.MaxLength,
                cache.MaxScratch,
                span.Contract.Of(cache.Range).Text,
                session.LastNumber,
                cache.Committed);
            await connection.SendAsync(given, default, cancellationToken);
            if (Refusal(await connection.ReceiveReplyAsync(cancellationToken)) is { } refusal)
            {
                return refusal;
            }

            await connection.SendAsync(new SpanRequest.State(), bytes, cache.SaveAsync, cancellationToken);
            refusal = Refusal(await connection.ReceiveReplyAsync(cancellationToken));
            isWhole = refusal is null;
            return refusal;
        }
        finally
        {
            if (!isWhole)
            {
                stream.Reset();
            }

            await stream.DisposeAsync();
        }
    }

    private static string? Refusal(SpanReply reply) => reply switch
    {
        SpanReply.Linked => null,
        SpanReply.Failure failure => failure.Message,
        _ => throw new FormatException($"{reply.GetType().Name} to a session that is handed over"),
    };
}
