using System.CommandLine;
using System.CommandLine.Invocation;
using Whorl.Cli.Commands;

namespace Whorl.Cli;

/// <summary>The program: its commands, and what becomes of an error.</summary>
internal static class WhorlCommand
{
    private const int Failed = 1;
    private const int Cancelled = 130; // what a shell gives for Ctrl-C

    /// <summary>
    /// How long closing may take: more than a farewell to the swarm and the end of every connection, whose limits are stated where they are.
    /// </summary>
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(string[] args)
    {
        RootCommand root = new(
            "Whorl runs large language models on the machines people have: one computer, or many that each hold a part of the model.")
        {
            RunCommand.Create(),
            DemoCommand.Create(),
            ServeCommand.Create(),
            DhtCommand.Create(),
            PeersCommand.Create(),
            PullCommand.Create(),
            ListCommand.Create(),
            RemoveCommand.Create(),
            ShowCommand.Create(),
            PerplexityCommand.Create(),
            TraceCommand.Create(),
            TokenizeCommand.Create(),
        };
        try
        {
            ParseResult parsed = root.Parse(args);
            if (parsed.Action is ParseErrorAction && args.Length > 0)
            {
                throw new CliException(Explain(parsed));
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = LongestClosing,
            });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("stopped");
            return Cancelled;
        }
        catch (Exception e) when (UserErrors.Explain(e) is { } message)
        {
            await Console.Error.WriteLineAsync($"whorl: {message}");
            return Failed;
        }
    }

    /// <summary>What is wrong with a command line, and where it says what would be right.</summary>
    private static string Explain(ParseResult parsed)
    {
        IEnumerable<string> faults = parsed.Errors.Select(e => e.Message.TrimEnd('.')).Distinct();
        Command command = parsed.CommandResult.Command;
        return $"{string.Join("; ", faults)}; see: whorl {(command is RootCommand ? "" : command.Name + " ")}--help";
    }
}
