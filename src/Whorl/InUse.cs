namespace Whorl;

/// <summary>Who uses something that is to be closed: closing ends them, and waits until they have ended.</summary>
internal sealed class InUse : IDisposable
{
    private readonly Lock _gate = new(); // guards the count and whether it ends
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _users;
    private bool _ends;

    /// <summary>Begins to use it.</summary>
    /// <param name="cancellationToken">Ends the use too.</param>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public Mark Enter(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ends, typeof(LanguageModel));
            _users++;
        }

        return new Mark(this, CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token));
    }

    /// <summary>Ends all use of it.</summary>
    /// <returns>Whether this was the first call.</returns>
    public async ValueTask<bool> EndAsync()
    {
        lock (_gate)
        {
            if (_ends)
            {
                return false;
            }

            _ends = true;
            if (_users == 0)
            {
                _over.SetResult();
            }
        }

        await _ending.CancelAsync();
        await _over.Task;
        return true;
    }

    public void Dispose() => _ending.Dispose();

    private void Leave()
    {
        lock (_gate)
        {
            _users--;
            if (_ends && _users == 0)
            {
                _over.SetResult();
            }
        }
    }

    /// <summary>One use.</summary>
    internal sealed class Mark(InUse use, CancellationTokenSource ending) : IDisposable
    {
        /// <summary>Cancelled where the use is to end.</summary>
        public CancellationToken Ending => ending.Token;

        public void Dispose()
        {
            ending.Dispose();
            use.Leave();
        }
    }
}
