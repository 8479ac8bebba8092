using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Tensors;

namespace Whorl.Client;

/// <summary>Blocks that a server holds.</summary>
public sealed class RemoteSpan : IBlockSpan
{
    /// <summary>How long a server may take to say what it holds, or to open a session; taking memory may need a while.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly IPeerHost _host;
    private readonly PeerAddress _peer;
    private readonly TimeProvider _time;

    private RemoteSpan(IPeerHost host, PeerAddress peer, string name, SpanReply.Description description, TimeProvider time)
    {
        (_host, _peer, Name, _time) = (host, peer, name, time);
        Range = new BlockRange(description.FirstBlock, description.LastBlock);
        BoundarySize = description.BoundarySize;
        Contract = new SpanContract(description.Fingerprint, (ActivationFormat)description.Activations, (BoundaryFormat)description.BoundaryFormat);
    }

    /// <summary>What the server is called in messages.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public BlockRange Range { get; }

    /// <inheritdoc/>
    public int BoundarySize { get; }

    /// <inheritdoc/>
    public SpanContract Contract { get; }

    /// <summary>Asks a server which blocks it holds.</summary>
    /// <param name="host">This node.</param>
    /// <param name="peer">The server.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="time">Measures.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="PeerUnavailableException">It does not answer.</exception>
    public static ValueTask<RemoteSpan> ConnectAsync(IPeerHost host, PeerAddress peer, string name, TimeProvider time, CancellationToken cancellationToken) => InTimeAsync(
        async token =>
        {
            await using PeerStream stream = await host.DialAsync(peer, SpanWire.ProtocolId, token);
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Describe(), default, token);
            return await connection.ReceiveReplyAsync(token) is SpanReply.Description description
                ? new RemoteSpan(host, peer, name, description, time)
                : throw new WireFormatException($"{name} does not say which blocks it holds");
        },
        name,
        time,
        cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="PeerUnavailableException">The server does not answer.</exception>
    /// <exception cref="SpanRefusedException">The server refuses, and says why.</exception>
    public ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken) =>
        InTimeAsync(token => OpenUntimedAsync(options, token), Name, _time, cancellationToken);

    private static async ValueTask<T> InTimeAsync<T>(Func<CancellationToken, ValueTask<T>> ask, string name, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(AnswerTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException($"server {name} did not answer within {AnswerTimeout.TotalSeconds:0} s", e);
        }
    }

    private async ValueTask<IBlockSession> OpenUntimedAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        PeerStream stream = await _host.DialAsync(_peer, SpanWire.ProtocolId, cancellationToken);
        try
        {
            SpanConnection connection = new(stream);
            SpanRequest.Open open = new(options.Range.First, options.Range.Last, options.MaxLength, options.MaxScratch, Contract.Fingerprint);
            await connection.SendAsync(open, default, cancellationToken);
            switch (await connection.ReceiveReplyAsync(cancellationToken))
            {
                case SpanReply.Opened:
                    return new RemoteSession(stream, connection, new BlockHolder(Name, options.Range), _time);
                case SpanReply.Failure failure:
                    throw new SpanRefusedException(Name, options.Range, failure.Code, failure.Message);
                case var other:
                    throw new WireFormatException($"{Name} answered {other.GetType().Name} to the opening of a session");
            }
        }
        catch
        {
            stream.Reset();
            await stream.DisposeAsync();
            throw;
        }
    }
}
