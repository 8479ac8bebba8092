using System.Runtime.InteropServices;
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

    /// <summary>Moves sessions under way to others and lets the rest end, until their time is over or somebody asks again.</summary>
    /// <param name="sessions">How many there are.</param>
    /// <param name="leave">Does it in so much time, or until the token says that it must not wait; gives how many were moved, and are left.</param>
    /// <param name="grace">How long.</param>
    /// <param name="logger">Told what becomes of them.</param>
    public static async Task LeaveAsync(
        int sessions, Func<TimeSpan, CancellationToken, Task<(int Moved, int Left)>> leave, TimeSpan grace, ILogger logger)
    {
        using CancellationTokenSource hurry = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Hurry), terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hurry);
        if (sessions > 0 && grace > TimeSpan.Zero)
        {
            Log.Leaving(logger, grace.TotalSeconds, sessions);
        }

        (int moved, int left) = await leave(grace, hurry.Token);
        if (moved > 0)
        {
            Log.Moved(logger, moved);
        }

        if (left > 0)
        {
            Log.CutShort(logger, left);
        }

        void Hurry(PosixSignalContext context)
        {
            context.Cancel = true;
            hurry.Cancel();
        }
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
