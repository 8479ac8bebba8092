namespace Whorl.Cli.Commands;

/// <summary>What a server does with its main thread.</summary>
internal static class UntilStopped
{
    /// <summary>Waits for Ctrl-C, which is how a server is meant to end.</summary>
    public static async Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellationToken.Register(stopped.SetResult);
        await stopped.Task;
    }
}
