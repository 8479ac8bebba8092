using Whorl.Client.Petals;
using Whorl.Models;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;

namespace Whorl.Client.Links;

/// <summary>A session on a Petals server's blocks: one stream of rpc_inference, one sequence.</summary>
/// <remarks>
/// Scratch tokens are sent as plain ones; where a verdict forgets some, the next step says from which position the server goes on. Answers do not
/// say to which step they belong; so the next one is always being waited for, and one that comes before its step was sent is none.
/// </remarks>
internal sealed class PetalsLink : ILink
{
    private readonly PetalsPeer _peer;
    private readonly RpcCall _call;
    private readonly BlockSessionOptions _options;
    private readonly BlockHolder _holder;
    private readonly StepWatch _watch;
    private readonly LastAnswer _answers = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly string _id = NewId();
    private Task<ReadOnlyMemory<byte>?>? _next; // the answer that has not come yet
    private int _scratch;
    private int _sent; // tokens that the server remembers
    private bool _isOpen;
    private Exception? _lost;

    public PetalsLink(PetalsPeer peer, RpcCall call, BlockSessionOptions options)
    {
        (_peer, _call, _options) = (peer, call, options);
        _holder = new BlockHolder(peer.Name, options.Range);
        Holders = [_holder];
        Abilities = (peer.RollsBack ? SpanAbilities.Truncate : 0) | (options.Range.Count == 1 ? SpanAbilities.EveryBlock : 0);
        _watch = new StepWatch(peer.Rpc.Time, peer.ProbeAsync, call.Reset);
    }

    public IReadOnlyList<BlockHolder> Holders { get; }

    public int Committed { get; private set; }

    public SpanAbilities Abilities { get; }

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        if (_lost is not null)
        {
            throw new SessionLostException(_peer.Name, _options.Range, _lost);
        }

        (int committed, int scratch) = Settle(step);
        long start = _peer.Rpc.Time.GetTimestamp();
        if (step.Rows > 0)
        {
            await ComputeAsync(step, committed + scratch, cancellationToken);
        }

        (Committed, _scratch) = step.IsScratch ? (committed, scratch + step.Rows) : (committed + step.Rows, scratch);
        _sent = step.Rows > 0 ? committed + scratch + step.Rows : _sent;
        _holder.Count(_peer.Rpc.Time.GetElapsedTime(start), TimeSpan.Zero); // what of it was computing the protocol does not tell
    }

    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        if (_isOpen && _lost is null)
        {
            await CloseAsync();
        }

        await _closing.CancelAsync();
        await _call.DisposeAsync();
        if (_next is not null)
        {
            await Task.WhenAny(_next); // it has nothing more to wait for
            _ = _next.Exception;
        }

        _closing.Dispose();
    }

    private static string NewId() => Guid.NewGuid().ToString();

    /// <summary>Checks a step and applies its verdict.</summary>
    /// <returns>Committed and scratch tokens in front of the step's own.</returns>
    private (int Committed, int Scratch) Settle(BlockStep step)
    {
        Links.Abilities.Require(Abilities, step.Shape, _ => $"Petals server {ServerName.Short(_peer.Name)}");
        (int committed, int scratch) = (Committed, _scratch);
        if (step.HasVerdict)
        {
            for (int i = 0; i < step.Keep.Length; i++)
            {
                if (step.Keep.Span[i] != i || i >= scratch)
                {
                    throw new ArgumentException($"scratch token {step.Keep.Span[i]} does not follow {i - 1} in the chain", nameof(step));
                }
            }

            (committed, scratch) = (committed + step.Keep.Length, 0);
        }

        for (int i = 0; step.IsScratch && i < step.Rows; i++)
        {
            if (step.Parents.Length != step.Rows || step.Parents.Span[i] != scratch + i - 1)
            {
                throw new NotSupportedException("Petals' servers compute chains, not trees: each token's parent must be the one before it");
            }
        }

        if (!step.IsScratch && scratch > 0 && step.Rows > 0)
        {
            throw new ArgumentException("tokens cannot be committed while scratch tokens are open; give a verdict on them first", nameof(step));
        }

        if (step.Position is { } position && position != committed)
        {
            throw new ArgumentException($"the step begins at position {position} and the session at {committed}: they have lost each other", nameof(step));
        }

        if (step.Rows > _options.MaxLength + _options.MaxScratch - committed - scratch)
        {
            throw new ArgumentException($"{committed + scratch} + {step.Rows} tokens are more than the session's {_options.MaxLength} + {_options.MaxScratch}", nameof(step));
        }

        if (step.Rows > 0 && committed + scratch < _sent && !_peer.RollsBack)
        {
            throw new NotSupportedException($"{_peer.Name} runs Petals {_peer.Info.Version}, which cannot go back to an earlier token; Petals 2.3 can");
        }

        return (committed, scratch);
    }

    private async ValueTask ComputeAsync(BlockStep step, int position, CancellationToken cancellationToken)
    {
        byte[] request = Request(step, position).ToBytes();
        _watch.Begin(step.Rows);
        bool isComputed = false;
        try
        {
            if (_next is { IsCompletedSuccessfully: true } early && await early is not null)
            {
                throw new BadAnswerException(_peer.Name, _options.Range, "more answers than there were steps");
            }

            _next ??= ReceiveAsync();
            await _call.SendAsync(request, cancellationToken);
            _isOpen = true;
            ReadOnlyMemory<byte> answer = await _next.WaitAsync(cancellationToken) ?? throw new EndOfStreamException("the server ended the session");
            PetalsPeer.Decode(ExpertResponse.Parse(answer.Span).Tensors, [1, step.Rows, _peer.Width], step.Output.Span);
            Answers.RequireFinite(_peer.Name, _options.Range, step.Output.Span);
            _answers.RequireNew(_peer.Name, _options.Range, step);
            _next = ReceiveAsync();
            isComputed = true;
        }
        catch (RpcErrorException e)
        {
            Lose(e);
            throw _peer.Refusal(_options.Range, e);
        }
        catch (FormatException e)
        {
            Lose(e);
            throw new BadAnswerException(_peer.Name, _options.Range, e.Message, e);
        }
        catch (BadAnswerException e)
        {
            Lose(e);
            throw;
        }
        catch (IOException e)
        {
            Exception why = _watch.Why is { } cut ? new TimeoutException(cut, e) : await ToldAsync(e);
            Lose(why);
            throw new SessionLostException(_peer.Name, _options.Range, why);
        }
        catch (Exception e)
        {
            Lose(e is OperationCanceledException ? new IOException("a step was given up", e) : e);
            throw;
        }
        finally
        {
            _watch.End(isComputed);
        }
    }

    private Task<ReadOnlyMemory<byte>?> ReceiveAsync() => _call.ReceiveAsync(_closing.Token).AsTask();

    private void Lose(Exception why)
    {
        _lost = why;
        _call.Reset();
    }

    /// <summary>Why sending failed: a server that refuses says so before it closes, and what it said may lie unread.</summary>
    private async ValueTask<Exception> ToldAsync(IOException failure)
    {
        if (failure is EndOfStreamException || _next is null)
        {
            return failure;
        }

        try
        {
            await _next.WaitAsync(_peer.Options.CloseTimeout, _peer.Rpc.Time);
            return failure;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException or FormatException)
        {
            return e is RpcErrorException ? e : failure;
        }
    }

    private ExpertRequest Request(BlockStep step, int position)
    {
        RequestMetadata metadata = new() { SessionId = _id, StepId = NewId(), Points = 0, Arguments = [0, 1, 2] };
        if (!_isOpen)
        {
            metadata = metadata with { MaxLength = checked(_options.MaxLength + _options.MaxScratch) };
        }

        if (position < _sent)
        {
            metadata = metadata with { StartFromPosition = position };
        }

        TensorMessage hidden = _peer.Encode(step.Input.Span, [1, step.Rows, _peer.Width], _peer.Info.InferenceSchema![0].Compression);
        TensorMessage noHypotheses = TensorCodec.Encode(WireArray.FromInt64s([], [0]));
        string chain = ModuleUid.Chain(_peer.Prefix, _options.Range.First, _options.Range.Last + 1);
        return new ExpertRequest(chain, [hidden, PetalsSpan.NoPrompts(), noHypotheses], metadata.ToBytes());
    }

    private async ValueTask CloseAsync()
    {
        using CancellationTokenSource limit = new(_peer.Options.CloseTimeout, _peer.Rpc.Time);
        try
        {
            await _call.SendAsync(ExpertRequest.End.ToBytes(), limit.Token);
            await _call.CompleteAsync(limit.Token);
            if (_next is not null)
            {
                await _next.WaitAsync(limit.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or FormatException)
        {
            _call.Reset(); // it is gone already, or does not care
        }
    }
}
