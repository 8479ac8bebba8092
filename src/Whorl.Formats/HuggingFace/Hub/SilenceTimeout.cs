namespace Whorl.Formats;

/// <summary>Ends a wait for the network after a time of silence, or when the caller does.</summary>
internal sealed class SilenceTimeout : IDisposable
{
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _either;

    public SilenceTimeout(TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        _timeout = new CancellationTokenSource(patience, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellationToken);
    }

    public CancellationToken Token => _either.Token;

    public void Dispose()
    {
        _either.Dispose();
        _timeout.Dispose();
    }
}
