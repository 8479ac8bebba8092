using Whorl.Protocol.Messages;
using Whorl.Protocol.Rpc;

namespace Whorl.Server.Petals;

/// <summary>A session's next steps: from its client, or pushed by the server before this one, whichever comes first.</summary>
/// <param name="call">The client's stream.</param>
/// <param name="pushes">The session's inbox; null where it has no id.</param>
/// <param name="timeout">How long to wait for a step.</param>
/// <param name="time">The clock.</param>
internal sealed class StepSource(RpcServerCall call, PushInbox.Inbox? pushes, TimeSpan timeout, TimeProvider time)
{
    private Task<ReadOnlyMemory<byte>?>? _own;
    private Task<bool>? _pushed;

    /// <summary>The next step; one of no tensors, or null, ends the session.</summary>
    /// <param name="cancellationToken">The session's, the same in every call.</param>
    /// <exception cref="PetalsException">None came in time.</exception>
    public async Task<ExpertRequest?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _own ??= call.ReceiveAsync(cancellationToken).AsTask();
            _pushed ??= pushes?.WaitAsync(cancellationToken).AsTask();
            await WaitAsync(_pushed is null ? _own : Task.WhenAny(_own, _pushed), cancellationToken);
            if (_own.IsCompleted)
            {
                ReadOnlyMemory<byte>? message = await _own;
                _own = null;
                return message is { } bytes ? ExpertRequest.Parse(bytes.Span) : null;
            }

            _pushed = null;
            if (pushes!.TryTake(out ExpertRequest? request))
            {
                return request;
            }
        }
    }

    private async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new PetalsException("TimeoutError", $"no step came within {timeout.TotalSeconds:0.###} s; open a new session");
        }
    }
}
