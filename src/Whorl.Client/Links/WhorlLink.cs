using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Client.Links;

/// <summary>A session on the blocks of a server that speaks <c>/whorl/span/1</c>: over one stream at a time, which may break within the session's lease.</summary>
internal sealed class WhorlLink : ILink
{
    /// <summary>How long a server may take to let a session be spoken to on another stream.</summary>
    private static readonly TimeSpan AttachTimeout = TimeSpan.FromSeconds(5);

    private const int MostAttached = 3; // for one step: what breaks more often is no accident

    private readonly SpanDialler _server;
    private readonly BlockHolder _holder;
    private readonly Guid? _id;
    private readonly StepWatch _watch;
    private readonly LastAnswer _answers = new();
    private PeerStream _stream;
    private SpanConnection _connection;
    private TimeSpan _lease;
    private long _number;
    private Exception? _lost;

    private WhorlLink(SpanDialler server, BlockRange range, Guid? id, PeerStream stream, SpanConnection connection, TimeSpan lease)
    {
        (_server, _id, _stream, _connection, _lease) = (server, id, stream, connection, lease);
        _holder = new BlockHolder(server.Name, range);
        Holders = [_holder];
        Abilities = SpanAbilities.Truncate | SpanAbilities.Trees | SpanAbilities.EveryBlock | SpanAbilities.Exact
            | (server.Features.HasFlag(SpanFeatures.Position) ? SpanAbilities.Position : 0)
            | (lease > TimeSpan.Zero ? SpanAbilities.Attach : 0);
        _watch = new StepWatch(server.Time, server.ProbeAsync, () => Volatile.Read(ref _stream).Reset());
    }

    public IReadOnlyList<BlockHolder> Holders { get; }

    public int Committed { get; private set; }

    public SpanAbilities Abilities { get; }

    public bool TellsTime { get; private set; } = true;

    public (int Times, TimeSpan LastPause) Attached { get; private set; }

    /// <summary>Opens a session.</summary>
    public static async Task<WhorlLink> OpenAsync(SpanDialler server, BlockSessionOptions options, SpanContract contract, CancellationToken cancellationToken)
    {
        if (options.MaxLength > SpanWire.MaxCount)
        {
            throw new ArgumentException($"a session of {options.MaxLength} tokens is longer than a server takes, {SpanWire.MaxCount}; give a smaller context");
        }

        Guid? id = server.Features.HasFlag(SpanFeatures.Attach) ? Guid.NewGuid() : null;
        SpanRequest.Open open = new(options.Range.First, options.Range.Last, options.MaxLength, options.MaxScratch, contract.Of(options.Range).Text)
        {
            SessionId = id,
            PrefixScope = options.PrefixScope,
        };
        PeerStream stream = await server.DialAsync(cancellationToken);
        try
        {
            SpanConnection connection = new(stream);
            await connection.SendAsync(open, default, cancellationToken);
            return await connection.ReceiveReplyAsync(cancellationToken) switch
            {
                SpanReply.Opened opened => new WhorlLink(server, options.Range, id, stream, connection, opened.Lease),
                SpanReply.Failure failure => throw new SpanRefusedException(server.Name, options.Range, failure.Code, failure.Message),
                SpanReply other => throw new BadAnswerException(server.Name, options.Range, $"{other.GetType().Name} to the opening of a session"),
            };
        }
        catch (Exception e)
        {
            stream.Reset();
            await stream.DisposeAsync();
            if (e is FormatException)
            {
                throw new BadAnswerException(server.Name, options.Range, e.Message, e);
            }

            throw;
        }
    }

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        if (_lost is not null)
        {
            throw new SessionLostException(_holder.Name, _holder.Range, _lost);
        }

        Links.Abilities.Require(Abilities, step.Shape, _ => $"server {ServerName.Short(_holder.Name)}");
        _watch.Begin(step.Rows);
        bool isComputed = false;
        try
        {
            await ExchangeAsync(step, cancellationToken);
            isComputed = true;
        }
        catch (SpanRefusedException e) when (e.Code == SpanFailureCode.BadRequest)
        {
            throw; // nothing has changed there
        }
        catch (FormatException e)
        {
            Lose(e); // where the next frame begins is not known any more
            throw new BadAnswerException(_holder.Name, _holder.Range, e.Message, e);
        }
        catch (BadAnswerException e)
        {
            Lose(e);
            throw;
        }
        catch (IOException e)
        {
            Exception why = _watch.Why is { } cut ? new TimeoutException(cut, e) : e;
            Lose(why);
            throw new SessionLostException(_holder.Name, _holder.Range, why);
        }
        catch (Exception e)
        {
            Lose(e is OperationCanceledException ? new IOException("a step was given up", e) : e);
            throw;
        }
        finally
        {
            _watch.End(isComputed && TellsTime);
        }

        Committed += step.Shape.Commits;
    }

    public ValueTask DisposeAsync()
    {
        _watch.Dispose();
        return _stream.DisposeAsync();
    }

    private void Lose(Exception why)
    {
        _lost = why;
        _stream.Reset();
    }

    /// <summary>Sends a step and takes its result; where the stream breaks on the way, on another one.</summary>
    private async ValueTask ExchangeAsync(BlockStep step, CancellationToken cancellationToken)
    {
        for (int attached = 0; ; attached++)
        {
            try
            {
                await ExchangeOnceAsync(step, cancellationToken);
                return;
            }
            catch (IOException e) when (e is not BadAnswerException && attached < MostAttached && _watch.Why is null && _id is not null && _lease > TimeSpan.Zero)
            {
                long broken = _server.Time.GetTimestamp();
                if (!await TryAttachAsync(cancellationToken))
                {
                    throw;
                }

                Attached = (Attached.Times + 1, _server.Time.GetElapsedTime(broken));
            }
        }
    }

    private async ValueTask ExchangeOnceAsync(BlockStep step, CancellationToken cancellationToken)
    {
        long start = _server.Time.GetTimestamp(), number = _number + 1;
        SpanRequest.Step request = new(number, step.Rows, step.EveryBlock)
        {
            HasVerdict = step.HasVerdict,
            Keep = step.Keep,
            IsScratch = step.IsScratch,
            Parents = step.Parents,
            Position = Abilities.HasFlag(SpanAbilities.Position) ? step.Position ?? Committed + (step.HasVerdict ? step.Keep.Length : 0) : null,
        };
        await _connection.SendAsync(request, step.Input, cancellationToken);
        switch (await _connection.ReceiveReplyAsync(cancellationToken))
        {
            case SpanReply.Result result when result.Number == number:
                await _connection.ReceivePayloadAsync(step.Output, cancellationToken);
                Answers.RequireFinite(_holder.Name, _holder.Range, step.Output.Span);
                _answers.RequireNew(_holder.Name, _holder.Range, step);
                (_number, TellsTime) = (number, result.FoundRows == 0);
                TimeSpan total = _server.Time.GetElapsedTime(start);
                _holder.Count(total, result.Computing < total ? result.Computing : total);
                break;
            case SpanReply.Result result:
                throw new BadAnswerException(_holder.Name, _holder.Range, $"the result of step {result.Number} to step {number}");
            case SpanReply.Failure { Code: SpanFailureCode.SessionLost } lost:
                throw new PeerStreamResetException(lost.Message); // attaching tells whether it really is
            case SpanReply.Failure failure:
                throw new SpanRefusedException(_holder.Name, _holder.Range, failure.Code, failure.Message);
            case var other:
                throw new BadAnswerException(_holder.Name, _holder.Range, $"{other.GetType().Name} to step {number}");
        }
    }

    /// <summary>Goes on with the session on another stream. The step that was under way is answered there from memory, or computed.</summary>
    /// <returns>Whether the server still has the session.</returns>
    private async ValueTask<bool> TryAttachAsync(CancellationToken cancellationToken)
    {
        TimeSpan limit = _lease < AttachTimeout ? _lease : AttachTimeout;
        PeerStream? stream = null;
        try
        {
            using CancellationTokenSource timer = new(limit, _server.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
            stream = await _server.DialAsync(either.Token);
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Attach(_id!.Value, _number), default, either.Token);
            if (await connection.ReceiveReplyAsync(either.Token) is SpanReply.Attached attached && attached.LastNumber - _number is 0 or 1)
            {
                PeerStream broken = Interlocked.Exchange(ref _stream, stream);
                (_connection, _lease, stream) = (connection, attached.Lease, null);
                await broken.DisposeAsync();
                return _watch.Why is null;
            }
        }
        catch (Exception e) when (e is IOException or FormatException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It is not there, or has not the session any more; that the stream broke is what is told.
        }
        finally
        {
            if (stream is not null)
            {
                stream.Reset();
                await stream.DisposeAsync();
            }
        }

        return false;
    }
}
