using Whorl.Client.Links;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Client;

/// <summary>Blocks that a server holds.</summary>
public sealed class RemoteSpan : IBlockSpan
{
    /// <summary>How long a server may take to say what it holds, or to open a session: neither computes anything.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly PeerAddress _asked; // as it was named
    private volatile SpanDialler _server;
    private volatile bool _hasFailed;

    private RemoteSpan(PeerAddress asked, SpanDialler server, BlockRange range, int boundarySize, SpanContract contract) =>
        (_asked, _server, Range, BoundarySize, Contract) = (asked, server, range, boundarySize, contract);

    /// <summary>What the server is called in messages.</summary>
    public string Name => _server.Name;

    /// <inheritdoc/>
    public BlockRange Range { get; }

    /// <inheritdoc/>
    public int BoundarySize { get; }

    /// <inheritdoc/>
    public SpanContract Contract { get; }

    /// <summary>Asks a server which blocks it holds.</summary>
    /// <param name="host">This node.</param>
    /// <param name="peer">
    /// The server. Where only addresses are known, whoever answers there is the server from then on, until it fails: it may be started again as another.
    /// </param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="time">Measures.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PeerUnavailableException">It does not answer.</exception>
    /// <exception cref="FormatException">It answers something else.</exception>
    public static ValueTask<RemoteSpan> ConnectAsync(IPeerHost host, PeerAddress peer, string name, TimeProvider time, CancellationToken cancellationToken) => InTimeAsync(
        async token =>
        {
            SpanDialler server = new(host, peer, name, SpanFeatures.None, time);
            try
            {
                (SpanReply.Description description, PeerAddress pinned) = await server.DescribeAsync(token);
                return Of(peer, server with { Peer = pinned, Features = description.Features }, description);
            }
            catch (FormatException e)
            {
                throw new FormatException($"server {ServerName.Short(name)} does not say what it holds: {PeerText.Clean(e.Message)}", e);
            }
        },
        name,
        time,
        cancellationToken);

    /// <summary>
    /// A session on it was lost: where it was named by its address alone, it is asked who it is now before another one is opened.
    /// </summary>
    internal void Suspect() => _hasFailed = true;

    /// <inheritdoc/>
    /// <exception cref="PeerUnavailableException">The server does not answer.</exception>
    /// <exception cref="SpanRefusedException">The server refuses, and says why.</exception>
    /// <exception cref="BadAnswerException">The server answers what is no answer.</exception>
    public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        try
        {
            if (_hasFailed && _asked.Id is null)
            {
                await FindAgainAsync(options.Range, cancellationToken);
            }

            IBlockSession session = await InTimeAsync<IBlockSession>(
                async token => await WhorlLink.OpenAsync(_server, options, Contract, token), Name, _server.Time, cancellationToken);
            _hasFailed = false;
            return session;
        }
        catch (IOException)
        {
            _hasFailed = true;
            throw;
        }
    }

    /// <summary>Who it is; null where that is not known.</summary>
    internal PeerId? PeerId => _server.Peer.Id;

    /// <summary>Takes up a session that another server has handed to this one.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    /// <exception cref="SpanRefusedException">It has not the session, say.</exception>
    internal ValueTask<IBlockSession> FollowAsync(BlockRange range, SessionMovedException moved, CancellationToken cancellationToken) => InTimeAsync<IBlockSession>(
        async token => await WhorlLink.FollowAsync(_server, range, moved, token), Name, _server.Time, cancellationToken);

    /// <summary>Asks who answers now where it was named: the same server, or one that was started there since and computes the same.</summary>
    private async ValueTask FindAgainAsync(BlockRange wanted, CancellationToken cancellationToken)
    {
        RemoteSpan now;
        try
        {
            now = await ConnectAsync(_server.Host, _asked, Name, _server.Time, cancellationToken);
        }
        catch (FormatException e)
        {
            throw new BadAnswerException(Name, wanted, e.Message, e);
        }

        if (Contract.Disagreement(now.Contract) is { } difference)
        {
            throw new SpanRefusedException(Name, wanted, SpanFailureCode.BadRequest, $"it has '{difference.Other}' where it had '{difference.Own}'");
        }

        if (now.BoundarySize != BoundarySize || now.Range.First > wanted.First || now.Range.Last < wanted.Last)
        {
            throw new SpanRefusedException(Name, wanted, SpanFailureCode.BadRequest, $"it holds blocks {now.Range} now");
        }

        _server = now._server;
    }

    private static RemoteSpan Of(PeerAddress asked, SpanDialler server, SpanReply.Description description)
    {
        BlockRange range = new(description.FirstBlock, description.LastBlock);
        SpanContract contract = SpanContract.Parse(description.Contract);
        return description.BoundarySize > 0 && Enumerable.Range(range.First, range.Count).All(contract.Blocks.ContainsKey)
            ? new RemoteSpan(asked, server, range, description.BoundarySize, contract)
            : throw new FormatException($"rows of {description.BoundarySize}, blocks {range}, and the weights of {contract.Blocks.Count} blocks");
    }

    private static async ValueTask<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> ask, string name, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(AnswerTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException(
                $"server {ServerName.Short(name)} did not answer within {AnswerTimeout.TotalSeconds:0} s; if it is busy, try again, else leave it out", e);
        }
    }
}
