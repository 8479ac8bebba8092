using System.CommandLine;
using System.Globalization;

namespace Whorl.Cli.Arguments;

/// <summary>Looks over a command line before it is parsed: whatever is not known is refused, never taken for something else.</summary>
/// <remarks>A parser gives a misspelt option to the next argument that is free, and so to the prompt or the model.</remarks>
internal static class CommandLine
{
    /// <summary>What follows it is text, whatever it begins with.</summary>
    public const string Literal = "--";

    /// <summary>How the programs of Windows are asked for help; alone behind a command it is no prompt and no model.</summary>
    private const string WindowsHelp = "/?";

    private const string TypographicDashes = "–—−";

    /// <summary>Checks a command line.</summary>
    /// <param name="root">The program.</param>
    /// <param name="arguments">What was typed.</param>
    /// <returns>The same, with <c>help</c> and <c>version</c> written as the options that they stand for.</returns>
    /// <exception cref="CliException">There is no such command or option, or an option lacks its value.</exception>
    public static string[] Check(RootCommand root, string[] arguments)
    {
        switch (arguments)
        {
            case [] or ["help"] or [WindowsHelp or "/h" or "/help"]:
                return ["--help"];
            case ["version" or "-v"]:
                return ["--version"];
            case [string command, WindowsHelp] when command != WindowsHelp:
                return [Find(root, command).Name, "--help"];
            case ["help" or "--help" or "-h", string topic, ..] when topic != "--help" && topic != "-h":
                return [Find(root, topic).Name, "--help"];
            case [string directive, ..] when directive.StartsWith("[suggest", StringComparison.Ordinal):
                return arguments; // a shell asks for completions
        }

        if (arguments[0].StartsWith('-'))
        {
            CheckOptions(root, arguments);
            return arguments;
        }

        CheckOptions(Find(root, arguments[0]), arguments.AsSpan(1));
        return arguments;
    }

    private static Command Find(RootCommand root, string name)
    {
        if (root.Subcommands.FirstOrDefault(command => command.Name == name || command.Aliases.Contains(name)) is { } found)
        {
            return found;
        }

        string hint = IsModel(name) ? $", but a model; did you mean whorl run {name}?"
            : Spelling.Nearest(name, root.Subcommands.Select(c => c.Name)) is { } near ? $"; did you mean whorl {near}?"
            : "";
        throw new CliException($"'{name}' is no command{hint}{(hint.EndsWith('?') ? " See" : "; see")}: whorl --help");
    }

    /// <summary>Whether somebody left out "run"; nothing is opened.</summary>
    private static bool IsModel(string name) =>
        name == ModelLocator.BuiltIn || name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || name.Contains('/', StringComparison.Ordinal)
        || File.Exists(Path.Combine(name, "config.json"));

    private static void CheckOptions(Command command, ReadOnlySpan<string> arguments)
    {
        Dictionary<string, Option> options = [];
        foreach (Option option in command.Options.Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive))))
        {
            options[option.Name] = option;
            foreach (string alias in option.Aliases)
            {
                options[alias] = option;
            }
        }

        for (int i = 0; i < arguments.Length && arguments[i] != Literal; i++)
        {
            if (!IsOption(arguments[i]))
            {
                RefuseTypography(arguments[i], options, command);
                continue;
            }

            int end = arguments[i].IndexOfAny(['=', ':']);
            string name = end < 0 ? arguments[i] : arguments[i][..end];
            if (!options.TryGetValue(name, out Option? option))
            {
                throw new CliException(Unknown(name, options, command));
            }

            bool takesValue = option.Arity.MaximumNumberOfValues > 0;
            if (!takesValue && end >= 0)
            {
                throw new CliException($"{name} takes no value; {See(command)}");
            }

            if (takesValue && end < 0)
            {
                i++;
                RequireValue(name, option, i < arguments.Length ? arguments[i] : null, options, command);
            }
        }
    }

    private static void RequireValue(string name, Option option, string? value, Dictionary<string, Option> options, Command command)
    {
        string wanted = $"{name} needs a value{(option.HelpName is { } form ? $", {name} {form}" : "")}";
        if (value is null or Literal)
        {
            throw new CliException($"{wanted}; {See(command)}");
        }

        if (!IsOption(value) || double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        {
            return;
        }

        throw new CliException(options.ContainsKey(value.Split('=')[0])
            ? $"{wanted}, but the option {value} follows; {See(command)}"
            : $"{wanted}, but '{value}' follows, which begins as options do; if it is meant, write {name}={value}");
    }

    /// <summary>Text processors make one long dash of two short ones, and what is copied from them would be text.</summary>
    private static void RefuseTypography(string text, Dictionary<string, Option> options, Command command)
    {
        string name = text.TrimStart([.. TypographicDashes, '-']).Split('=')[0];
        if (text.Length > 0 && TypographicDashes.Contains(text[0], StringComparison.Ordinal)
            && options.Keys.FirstOrDefault(key => key.TrimStart('-') == name) is { } meant)
        {
            throw new CliException($"'{text}' begins with a dash of typography; write {meant}; {See(command)}");
        }
    }

    private static string Unknown(string name, Dictionary<string, Option> options, Command command)
    {
        bool isGlued = name.Length > 2 && !char.IsLetter(name[2]) && name[1] != '-' && options.ContainsKey(name[..2]) && options[name[..2]].Arity.MaximumNumberOfValues > 0;
        string? near = isGlued ? $"{name[..2]} {name[2..]}"
            : Spelling.Nearest(name, options.Where(o => !o.Value.Hidden).Select(o => o.Key));
        string takesText = near is not null ? ""
            : command is RootCommand ? "; options stand behind the command"
            : command.Arguments.Any() ? $"; text that begins with '-' stands behind {Literal}" : "";
        return $"unknown option {name}{(near is null ? "" : $"; did you mean {near}?")}{takesText}{(near is null ? "; see" : " See")}: {Help(command)}";
    }

    private static bool IsOption(string text) => text.Length > 1 && text[0] == '-';

    private static string See(Command command) => $"see: {Help(command)}";

    private static string Help(Command command) => command is RootCommand ? "whorl --help" : $"whorl {command.Name} --help";
}
