using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace Whorl.Cli.Output;

/// <summary>What <c>--help</c> prints: what a command does, examples, and its options in groups, most used first.</summary>
internal sealed class CommandHelp : SynchronousCommandLineAction
{
    private const int WidthOfFiles = 110; // where nobody's terminal tells
    private const int NarrowestText = 30;
    private const int WidestName = 30;
    private const string Other = "Other options";

    /// <summary>The groups in the order in which they are shown, each with its options in theirs.</summary>
    private static readonly (string Group, string[] Options)[] Groups =
    [
        ("Prompt", ["--file", "--system", "--raw", "--chat", "--prompt-ids"]),
        ("Length and end", ["--max-tokens", "--stop", "--context", "--ignore-eos"]),
        (
            "Sampling",
            [
                "--temperature", "--seed", "--top-p", "--top-k", "--min-p", "--repetition-penalty", "--presence-penalty",
                "--frequency-penalty",
            ]),
        ("Guessing ahead", ["--draft", "--tree"]),
        ("Blocks", ["--blocks", "--cache-mib", "--no-prefixes", "--grace", "--operator"]),
        ("Measuring", ["--window", "--max-windows"]),
        ("Tokens", ["--decode", "--special", "--add-special"]),
        ("Computing", ["--threads", "--activations", "--strict"]),
        (
            "Swarm",
            [
                "--servers", "--initial-peers", "--no-peer-memory", "--lan", "--listen", "--announce", "--relay", "--identity", "--public-name", "--dht-prefix",
                "--link-mbits", "--wait", "--servers-only", "--prefix-key",
            ]),
        ("Distance", ["--delay-ms", "--mbits"]),
        ("Trial", ["--generations", "--tokens", "--faults", "--kinds"]),
        ("Output", ["--json", "--session", "--template", "--out", "--yes", "--log-level", "--verbose"]),
        (Other, ["--version", "--help"]),
    ];

    private static readonly Dictionary<string, string[]> Examples = new()
    {
        ["run"] =
        [
            "whorl run bard \"HAMLET.\"                             # the built-in model goes on in Shakespeare's manner",
            "whorl run SmolLM2.gguf why is the sky blue           # words need no quotation marks",
            "whorl run SmolLM2.gguf                               # a conversation",
            "git diff | whorl run SmolLM2.gguf \"Say what changed\" # standard input follows the prompt",
            "whorl run SmolLM2.gguf -f letter.txt Summarise --json",
            "whorl run bard \"HAMLET.\" --servers box:31337,lap:31337",
        ],
        ["demo"] = ["whorl demo", "whorl demo SmolLM2.gguf \"Who are you?\" --servers 2", "whorl demo --delay-ms 50 --draft bard-draft,auto"],
        ["chaos"] = ["whorl chaos", "whorl chaos --seed 7 --generations 100 --servers 5 --json"],
        ["serve"] =
        [
            "whorl serve bard                                     # all blocks, for whoever can reach this machine",
            "whorl serve bard --blocks 0..2 --listen :31330       # three blocks, at a port that a firewall can let in",
            "whorl serve bard --blocks 3..5 --initial-peers box:31337",
            "whorl serve bard --blocks 3..5 --lan                 # in a swarm of this local network",
        ],
        ["drain"] = ["whorl drain box:31337 --identity operator.key"],
        ["dht"] = ["whorl dht", "whorl dht --listen :4001 --identity dht.key --lan"],
        ["peers"] = ["whorl peers --initial-peers box:31337", "whorl peers --lan --json"],
        ["pull"] = ["whorl pull HuggingFaceTB/SmolLM2-135M-Instruct"],
        ["list"] = ["whorl list", "whorl list --json"],
        ["rm"] = ["whorl rm HuggingFaceTB/SmolLM2-135M-Instruct"],
        ["show"] = ["whorl show bard", "whorl show SmolLM2.gguf --context 8192"],
        ["perplexity"] = ["whorl perplexity SmolLM2.gguf wiki.test.raw --max-windows 40"],
        ["trace"] = ["whorl trace bard \"HAMLET.\" --out trace.safetensors"],
        ["tokenize"] =
        [
            "echo '\"To be, or not to be\"' | whorl tokenize bard",
            "echo '[338, 349]' | whorl tokenize bard --decode",
        ],
    };

    /// <summary>Gives a program and all its commands this help.</summary>
    public static void AddTo(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new CommandHelp();
        help.Aliases.Remove("/h"); // which are prompts
        help.Aliases.Remove("/?");
        help.Description = "Show this.";
    }

    public override int Invoke(ParseResult parseResult)
    {
        int width = Console.IsOutputRedirected ? WidthOfFiles : Math.Max(Console.WindowWidth - 1, WidestName + NarrowestText);
        parseResult.InvocationConfiguration.Output.Write(Describe(parseResult.CommandResult.Command, width));
        return 0;
    }

    /// <summary>The help of a command.</summary>
    /// <param name="command">The command, or the program.</param>
    /// <param name="width">The most characters of a line.</param>
    public static string Describe(Command command, int width)
    {
        StringBuilder text = new();
        bool isRoot = command is RootCommand;
        IEnumerable<string> usage = isRoot ? ["whorl COMMAND [OPTIONS]"] :
            [$"whorl {command.Name}", .. command.Arguments.Where(a => !a.Hidden).Select(Usage), "[OPTIONS]"];
        Wrap(text, "", command.Description ?? "", width);
        text.Append($"\nUsage: {string.Join(' ', usage)}\n");
        if (isRoot)
        {
            AddRows(text, "Commands", [.. command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? ""))], width);
        }

        AddRows(text, "Arguments", [.. command.Arguments.Where(a => !a.Hidden).Select(a => (a.Name, a.Description ?? ""))], width);
        if (Examples.TryGetValue(command.Name, out string[]? examples))
        {
            text.Append("\nExamples:\n").AppendJoin("", examples.Select(line => $"  {line}\n"));
        }

        List<Option> left = [.. command.Options.Concat(Inherited(command)).Where(o => !o.Hidden)];
        foreach ((string group, string[] names) in Groups)
        {
            List<Option> some = [.. names.Select(name => left.Find(o => o.Name == name)).OfType<Option>()];
            left.RemoveAll(some.Contains);
            AddRows(text, group, [.. (group == Other ? left.Concat(some) : some).Select(Row)], width);
        }

        text.Append(isRoot
            ? "\nMore about one: whorl help COMMAND. Text that begins with '-' stands behind --.\n"
            : "");
        return text.ToString();
    }

    /// <summary>Whether an option has a place of its own in the help.</summary>
    internal static bool IsGrouped(Option option) => Groups.Any(group => group.Options.Contains(option.Name));

    /// <summary>All examples.</summary>
    internal static IEnumerable<string> ExampleLines() => Examples.Values.SelectMany(lines => lines);

    private static IEnumerable<Option> Inherited(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(o => o.Recursive));

    /// <summary>How an argument is written.</summary>
    internal static string Usage(Argument argument)
    {
        string name = argument.Name + (argument.Arity.MaximumNumberOfValues > 1 ? "…" : "");
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static (string Name, string Text) Row(Option option)
    {
        IEnumerable<string> names = option.Aliases.Where(alias => alias.Length == 2 && alias != "-?").Append(option.Name);
        string value = option.Arity.MaximumNumberOfValues > 0 ? " " + (option.HelpName ?? "VALUE") : "";
        object? fallback = option.HasDefaultValue && value.Length > 0 ? option.GetDefaultValue() : null;
        string text = option.Description ?? "";
        bool isTold = text.Contains("Default:", StringComparison.Ordinal) || string.IsNullOrEmpty(fallback?.ToString());
        return (string.Join(", ", names) + value, isTold ? text : $"{text} Default: {fallback}.");
    }

    private static void AddRows(StringBuilder text, string title, IReadOnlyList<(string Name, string Text)> rows, int width)
    {
        if (rows.Count == 0)
        {
            return;
        }

        text.Append($"\n{title}:\n");
        int names = Math.Min(rows.Max(row => row.Name.Length), WidestName);
        foreach ((string name, string about) in rows)
        {
            string first = $"  {name.PadRight(names)}  ";
            Wrap(text, first.Length > names + 4 ? first + "\n" + new string(' ', names + 4) : first, about, width, names + 4);
        }
    }

    /// <summary>Appends words in lines of a width, those behind the first indented.</summary>
    private static void Wrap(StringBuilder text, string first, string words, int width, int indent = 0)
    {
        text.Append(first);
        int at = indent;
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at > indent && at + 1 + word.Length > width)
            {
                text.Append('\n').Append(' ', indent);
                at = indent;
            }

            text.Append(at > indent ? " " : "").Append(word);
            at += word.Length + (at > indent ? 1 : 0);
        }

        text.Append('\n');
    }
}
