using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Whorl.P2P.Swarm;

/// <summary>Work that nobody awaits but the end of the host: failures of the network end it quietly, others are logged.</summary>
internal sealed class BackgroundTasks(ILogger logger)
{
    private readonly ConcurrentDictionary<long, Task> _running = new();
    private long _last;

    public void Run(string what, Func<Task> work)
    {
        long number = Interlocked.Increment(ref _last);
        TaskCompletionSource listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[number] = RunAsync(number, listed.Task, what, work);
        listed.SetResult();
    }

    public Task WhenAllAsync() => Task.WhenAll(_running.Values);

    private async Task RunAsync(long number, Task listed, string what, Func<Task> work)
    {
        await listed.ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or WireFormatException or SocketException)
        {
            Log.BackgroundEnded(logger, what, e.Message);
        }
        catch (Exception e) // A fault of our own must not vanish with a task nobody awaits.
        {
            Log.BackgroundFailed(logger, e, what);
        }
        finally
        {
            _running.TryRemove(number, out _);
        }
    }
}
