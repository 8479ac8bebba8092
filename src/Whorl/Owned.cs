namespace Whorl;

/// <summary>What was opened, one thing upon another; it is closed in the opposite order.</summary>
internal sealed class Owned : IAsyncDisposable
{
    private readonly Stack<object> _opened = [];

    public T Add<T>(T opened)
        where T : class
    {
        _opened.Push(opened);
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        while (_opened.TryPop(out object? last))
        {
            if (last is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync();
            }
            else
            {
                ((IDisposable)last).Dispose();
            }
        }
    }
}
