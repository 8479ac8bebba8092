using System.Globalization;
using Spectre.Console;
using Whorl.Formats;

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

    /// <summary>A size as people read it.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:F2} GiB"),
    };

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
                    Console.Error.WriteLine($"{value.File}: {Size(value.FileSize)}");
                }
            }
        }
    }
}
