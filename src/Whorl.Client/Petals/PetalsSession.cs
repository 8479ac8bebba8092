using Whorl.Models;
using Whorl.P2P.Rpc;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Tensors;

namespace Whorl.Client.Petals;

/// <summary>A session on a Petals server's blocks: one stream of rpc_inference, one sequence.</summary>
/// <remarks>Scratch tokens are sent as plain ones; where a verdict forgets some, the next step says from which position the server goes on.</remarks>
internal sealed class PetalsSession : IBlockSession
{
    private readonly PetalsPeer _peer;
    private readonly RpcCall _call;
    private readonly BlockSessionOptions _options;
    private readonly BlockHolder _holder;
    private readonly string _id = NewId();
    private int _committed;
    private int _scratch;
    private int _sent; // tokens that the server remembers
    private bool _isOpen;
    private bool _isBroken;

    public PetalsSession(PetalsPeer peer, RpcCall call, BlockSessionOptions options)
    {
        (_peer, _call, _options) = (peer, call, options);
        _holder = new BlockHolder(peer.Name, options.Range);
        Holders = [_holder];
    }

    public IReadOnlyList<BlockHolder> Holders { get; }

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        (int committed, int scratch) = Settle(step);
        long start = _peer.Rpc.Time.GetTimestamp();
        if (step.Rows > 0)
        {
            await ComputeAsync(step, committed + scratch, cancellationToken);
        }

        (_committed, _scratch) = step.IsScratch ? (committed, scratch + step.Rows) : (committed + step.Rows, scratch);
        _sent = step.Rows > 0 ? committed + scratch + step.Rows : _sent;
        _holder.Count(_peer.Rpc.Time.GetElapsedTime(start), TimeSpan.Zero); // what of it was computing the protocol does not tell
    }

    public async ValueTask DisposeAsync()
    {
        if (_isOpen && !_isBroken)
        {
            await CloseAsync();
        }

        await _call.DisposeAsync();
    }

    private static string NewId() => Guid.NewGuid().ToString();

    /// <summary>Checks a step and applies its verdict.</summary>
    /// <returns>Committed and scratch tokens in front of the step's own.</returns>
    private (int Committed, int Scratch) Settle(BlockStep step)
    {
        if (step.EveryBlock && _options.Range.Count > 1)
        {
            throw new NotSupportedException("Petals' servers answer with what leaves their last block only; open a session a block");
        }

        if (step.PromptRows > 0)
        {
            throw new NotSupportedException("deep prompts are not sent by this client");
        }

        (int committed, int scratch) = (_committed, _scratch);
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
        using CancellationTokenSource timer = new(_peer.Options.RequestTimeout, _peer.Rpc.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        bool answered = false;
        try
        {
            await _call.SendAsync(Request(step, position).ToBytes(), either.Token);
            _isOpen = true;
            ReadOnlyMemory<byte> answer = await _call.ReceiveAsync(either.Token) ?? throw new EndOfStreamException("the server ended the session");
            _peer.Decode(ExpertResponse.Parse(answer.Span).Tensors, [1, step.Rows, _peer.Width], step.Output.Span);
            answered = true;
        }
        catch (RpcErrorException e)
        {
            throw _peer.Refusal(_options.Range, e);
        }
        catch (IOException e)
        {
            throw new SessionLostException(_peer.Name, _options.Range, await ToldAsync(e));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SessionLostException(_peer.Name, _options.Range, new TimeoutException($"no answer within {_peer.Options.RequestTimeout.TotalSeconds:0.###} s", e));
        }
        finally
        {
            _isBroken = !answered;
            if (_isBroken)
            {
                _call.Reset();
            }
        }
    }

    /// <summary>Why sending failed: a server that refuses says so before it closes, and what it said may lie unread.</summary>
    private async ValueTask<Exception> ToldAsync(IOException failure)
    {
        if (failure is EndOfStreamException)
        {
            return failure;
        }

        using CancellationTokenSource limit = new(_peer.Options.CloseTimeout, _peer.Rpc.Time);
        try
        {
            await _call.ReceiveAsync(limit.Token);
            return failure;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or WireFormatException or FormatException)
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
            await _call.ReceiveAsync(limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or FormatException)
        {
            _call.Reset(); // it is gone already, or does not care
        }
    }
}
