using Spectre.Console;

namespace Whorl.Cli.Output;

/// <summary>A progress bar on standard error where a person looks at it; nothing elsewhere.</summary>
internal static class Progress
{
    public static async Task<T> ShowAsync<T>(string what, int steps, Func<IProgress<int>?, T> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work(null);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().AutoClear(true).StartAsync(context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(what), maxValue: steps);
            return Task.Run(() => work(new Bar(task)));
        });
    }

    private sealed class Bar(ProgressTask task) : IProgress<int>
    {
        public void Report(int value) => task.Value = value;
    }
}
