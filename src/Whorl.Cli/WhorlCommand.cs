using System.CommandLine;
using System.CommandLine.Invocation;
using Whorl.Cli.Arguments;
using Whorl.Cli.Commands;
using Whorl.Cli.Output;

namespace Whorl.Cli;

/// <summary>The program: its commands, and what becomes of an error.</summary>
internal static class WhorlCommand
{
    /// <summary>A word is what it says: <c>@x</c> names no file to read words from, and <c>-xyz</c> is not three options.</summary>
    private static readonly ParserConfiguration Literally = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>What a shell gives for Ctrl-C.</summary>
    public const int Cancelled = 130;

    private const int Failed = 1;

    private const int Unread = 141; // what a shell gives for a program that wrote to a pipe without a reader

    /// <summary>
    /// How long closing may take: more than a farewell to the swarm and the end of every connection, whose limits are stated where they are.
    /// </summary>
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            ParseResult parsed = Parse(args);
            if (parsed.Action is ParseErrorAction)
            {
                throw new CliException(ParseFaults.Explain(parsed));
            }

            string command = parsed.CommandResult.Command.Name;
            if (command is not ("serve" or "dht"))
            {
                StandardOutput.Require();
                StandardOutput.Use(); // servers go on though nobody reads what they print
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = LongestClosing + (command == "serve" ? TimeSpan.FromSeconds(parsed.GetValue<int>(ServeCommand.GraceOption)) : TimeSpan.Zero),
            });
        }
        catch (BrokenOutputException)
        {
            return Unread;
        }
        catch (OperationCanceledException)
        {
            ProgressLine.Clear();
            await Console.Error.WriteLineAsync("stopped");
            return Cancelled;
        }
        catch (Exception e) when (UserErrors.Explain(e) is { } message)
        {
            ProgressLine.Clear();
            await Console.Error.WriteLineAsync($"whorl: {message}");
            return Failed;
        }
    }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="CliException">It has a command or an option that is not known, or an option without its value.</exception>
    public static ParseResult Parse(string[] args)
    {
        RootCommand root = Create();
        return root.Parse(CommandLine.Check(root, args), Literally);
    }

    /// <summary>The program, with its commands.</summary>
    public static RootCommand Create()
    {
        RootCommand root = new(
            "Whorl runs large language models on the machines people have: one computer, or many that each hold a part of the model.")
        {
            RunCommand.Create(),
            DemoCommand.Create(),
            ChaosCommand.Create(),
            ServeCommand.Create(),
            DrainCommand.Create(),
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
        root.Options.OfType<VersionOption>().Single().Aliases.Add("-v");
        CommandHelp.AddTo(root);
        foreach (Option<bool> flag in root.Subcommands.SelectMany(command => command.Options).OfType<Option<bool>>())
        {
            flag.Arity = ArgumentArity.Zero; // else a prompt's first word "true" would be the flag's value
        }

        return root;
    }

}
