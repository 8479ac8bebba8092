using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Whorl.Dht;

/// <summary>What a node does without anyone waiting for it: bounded in number, cancelled and awaited at the end.</summary>
/// <param name="maxTasks">More than this at once are not begun.</param>
/// <param name="logger">Where unexpected failures are told.</param>
internal sealed class BackgroundTasks(int maxTasks, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<long, Task> _running = new();
    private long _last;

    /// <summary>How many run now.</summary>
    public int Count => _running.Count;

    /// <summary>Begins a task, unless too many run or this is closing. Failures of the network and cancellation are no errors.</summary>
    public void Run(Func<CancellationToken, Task> work)
    {
        if (_closing.IsCancellationRequested || _running.Count >= maxTasks)
        {
            return;
        }

        long number = Interlocked.Increment(ref _last);
        TaskCompletionSource listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[number] = RunAsync(number, listed.Task, work);
        listed.SetResult();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        while (!_running.IsEmpty)
        {
            await Task.WhenAll(_running.Values).ConfigureAwait(false);
        }

        _closing.Dispose();
    }

    private async Task RunAsync(long number, Task listed, Func<CancellationToken, Task> work)
    {
        await listed.ConfigureAwait(false);
        try
        {
            await work(_closing.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or TimeoutException)
        {
            Log.CallFailed(logger, "background", null, e.Message);
        }
        catch (Exception e) // A fault here must not go unseen: nobody awaits this task but the end.
        {
            Log.BackgroundFailed(logger, e);
        }
        finally
        {
            _running.TryRemove(number, out _);
        }
    }
}
