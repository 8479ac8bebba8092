using Microsoft.Extensions.Logging;

namespace Whorl.Cli.Commands;

/// <summary>What a server does with its main thread.</summary>
internal static class UntilStopped
{
    /// <summary>Waits for Ctrl-C, which is how a server is meant to end.</summary>
    public static async Task WaitAsync(ILogger logger, CancellationToken cancellationToken)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellationToken.Register(stopped.SetResult);
        await stopped.Task;
        Log.Stopping(logger);
    }

    /// <summary>Runs a server; that it is stopped, at whatever point, is no error.</summary>
    public static async Task EndCleanlyAsync(Func<Task> serve)
    {
        await Task.Yield(); // Ctrl-C is listened for once this returns, which must be before the server says that it is ready
        try
        {
            await serve();
        }
        catch (OperationCanceledException)
        {
            return; // Ctrl-C came while it was still starting, or already closing
        }
    }
}
