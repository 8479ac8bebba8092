using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Client;

/// <summary>A session on a server's blocks: one stream.</summary>
internal sealed class RemoteSession : IBlockSession
{
    private readonly PeerStream _stream;
    private readonly SpanConnection _connection;
    private readonly BlockHolder _holder;
    private readonly TimeProvider _time;
    private long _number;

    public RemoteSession(PeerStream stream, SpanConnection connection, BlockHolder holder, TimeProvider time)
    {
        (_stream, _connection, _holder, _time) = (stream, connection, holder, time);
        Holders = [holder];
    }

    public IReadOnlyList<BlockHolder> Holders { get; }

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        try
        {
            SpanRequest.Step request = new(_number + 1, step.Rows, step.EveryBlock)
            {
                HasVerdict = step.HasVerdict,
                Keep = step.Keep,
                IsScratch = step.IsScratch,
                Parents = step.Parents,
            };
            await _connection.SendAsync(request, step.Input, cancellationToken);
            switch (await _connection.ReceiveReplyAsync(cancellationToken))
            {
                case SpanReply.Result result when result.Number == _number + 1:
                    await _connection.ReceivePayloadAsync(step.Output, cancellationToken);
                    _number++;
                    _holder.Count(_time.GetElapsedTime(start), result.Computing);
                    break;
                case SpanReply.Failure failure:
                    throw new SpanRefusedException(_holder.Name, _holder.Range, failure.Code, failure.Message);
                case var other:
                    throw new WireFormatException($"{_holder.Name} answered {other.GetType().Name} to step {_number + 1}");
            }
        }
        catch (IOException e)
        {
            throw new SessionLostException(_holder.Name, _holder.Range, e);
        }
        catch (Exception e) when (e is OperationCanceledException or WireFormatException)
        {
            _stream.Reset(); // where the next frame begins is not known any more
            throw;
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
