using Spectre.Console;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Cli.Output;

/// <summary>How far a download is, on standard error: a bar where a person looks at it, a line for each file elsewhere.</summary>
internal sealed class DownloadProgress : IDownloadDisplay
{
    private DownloadProgress()
    {
    }

    /// <summary>The only one.</summary>
    public static DownloadProgress Display { get; } = new();

    /// <inheritdoc/>
    public async Task<T> ShowAsync<T>(Func<IProgress<HubProgress>?, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(new Lines());
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask("asking the hub"))));
    }

    private sealed class Bar(ProgressTask task) : IProgress<HubProgress>
    {
        public void Report(HubProgress value)
        {
            task.Description = Markup.Escape(value.File);
            task.MaxValue = Math.Max(value.TotalSize, 1);
            task.Value = value.TotalBytes;
        }
    }

    private sealed class Lines : IProgress<HubProgress>
    {
        private readonly HashSet<string> _done = [];

        public void Report(HubProgress value)
        {
            lock (_done)
            {
                if (value.FileBytes == value.FileSize && _done.Add(value.File))
                {
                    Console.Error.WriteLine($"{value.File}: {ByteSize.ToText(value.FileSize)}");
                }
            }
        }
    }
}
