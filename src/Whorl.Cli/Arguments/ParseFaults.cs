using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Whorl.Cli.Output;

namespace Whorl.Cli.Arguments;

/// <summary>What is wrong with a command line that was parsed, in words of ours.</summary>
internal static class ParseFaults
{
    /// <summary>One line: every fault, and where it says what would be right.</summary>
    public static string Explain(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string[] faults = [.. Missing(parsed), .. Repeated(parsed), .. Superfluous(parsed), .. OfValues(parsed)];
        if (faults.Length == 0)
        {
            faults = [.. parsed.Errors.Select(e => e.Message.TrimEnd('.'))];
        }

        return $"{string.Join("; ", faults.Distinct())}; see: whorl {(command is RootCommand ? "" : command.Name + " ")}--help";
    }

    private static IEnumerable<string> Missing(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string usage = $"whorl {string.Join(' ', [command.Name, .. command.Arguments.Where(a => !a.Hidden).Select(CommandHelp.Usage)])}";
        foreach (Argument argument in command.Arguments)
        {
            if ((parsed.GetResult(argument)?.Tokens.Count ?? 0) < argument.Arity.MinimumNumberOfValues)
            {
                yield return $"{argument.Name} is missing: {usage}";
            }
        }

        foreach (Option option in command.Options.Where(o => o.Required && (parsed.GetResult(o)?.IdentifierTokenCount ?? 0) == 0))
        {
            yield return $"{option.Name} is missing; give {option.Name} {option.HelpName ?? "VALUE"}";
        }
    }

    private static IEnumerable<string> Repeated(ParseResult parsed) =>
        from result in parsed.CommandResult.Children.OfType<OptionResult>()
        where result.IdentifierTokenCount > 1 && result.Option.Arity.MaximumNumberOfValues == 1
        select string.Create(CultureInfo.InvariantCulture, $"{result.Option.Name} is given {result.IdentifierTokenCount} times; give it once");

    private static IEnumerable<string> Superfluous(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count == 0)
        {
            yield break;
        }

        Command command = parsed.CommandResult.Command;
        string[] taken = [.. command.Arguments.Where(a => !a.Hidden).Select(a => a.Name)];
        yield return $"'{string.Join(' ', parsed.UnmatchedTokens)}' is too much: {command.Name} takes "
            + (taken.Length == 0 ? "options only" : $"{string.Join(" and ", taken)}, and nothing else; leave it out, or put words that belong together between quotation marks");
    }

    /// <summary>What <see cref="Check"/> has found; it names the option first.</summary>
    private static IEnumerable<string> OfValues(ParseResult parsed) =>
        parsed.Errors.Select(e => e.Message.TrimEnd('.')).Where(message => message.StartsWith('-'));
}
