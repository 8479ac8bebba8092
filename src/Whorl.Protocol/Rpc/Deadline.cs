namespace Whorl.Protocol.Rpc;

/// <summary>A token that is cancelled by the caller's or when a time has passed, and tells which.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _callers;

    public Deadline(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        _callers = cancellationToken;
        _timer = new CancellationTokenSource(timeout, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time has passed and the caller has not cancelled.</summary>
    public bool HasPassed => _timer.IsCancellationRequested && !_callers.IsCancellationRequested;

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
