using System.CommandLine;
using System.Text.RegularExpressions;
using Whorl.Cli.Arguments;
using Whorl.Cli.Output;

namespace Whorl.Cli.Tests;

/// <summary>What the command line does not know it refuses, and says what may have been meant.</summary>
public sealed partial class CommandLineTests
{
    [Theory]
    [InlineData("unknown option --temprature; did you mean --temperature?", "run", "bard", "--temprature", "0")]
    [InlineData("unknown option --jsn; did you mean --json?", "run", "bard", "x", "--jsn")]
    [InlineData("unknown option --max_tokens; did you mean --max-tokens?", "run", "bard", "--max_tokens=3", "x")]
    [InlineData("unknown option --temp; did you mean --temperature?", "run", "bard", "--temp", "0")]
    [InlineData("unknown option --JSON; did you mean --json?", "show", "bard", "--JSON")]
    [InlineData("unknown option -seed; did you mean --seed?", "run", "bard", "-seed", "3")]
    [InlineData("unknown option -n5; did you mean -n 5?", "run", "bard", "x", "-n5")]
    [InlineData("unknown option --server; did you mean --servers?", "demo", "--server", "2")]
    [InlineData("unknown option --lisen; did you mean --listen?", "serve", "bard", "--lisen", ":1")]
    [InlineData("unknown option --initial-peer; did you mean --initial-peers?", "dht", "--initial-peer", "x")]
    [InlineData("unknown option --frobnicate; text that begins with '-' stands behind --", "run", "bard", "--frobnicate")]
    [InlineData("unknown option -x; text", "run", "bard", "-x")]
    [InlineData("unknown option -5; text", "run", "bard", "-5")]
    [InlineData("unknown option -jn; ", "run", "bard", "-jn")]
    [InlineData("unknown option -n; options stand behind the command", "-n", "3", "run")]
    [InlineData("write --temperature", "run", "bard", "–temperature", "0")]
    [InlineData("'rnu' is no command; did you mean whorl run?", "rnu")]
    [InlineData("'rum' is no command; did you mean whorl run?", "help", "rum")]
    [InlineData("'bard' is no command, but a model; did you mean whorl run bard?", "bard")]
    [InlineData("did you mean whorl run models/x.gguf?", "models/x.gguf")]
    [InlineData("'frobnicate' is no command; see: whorl --help", "frobnicate", "--json")]
    [InlineData("--seed needs a value, --seed N; see: whorl run --help", "run", "bard", "--seed")]
    [InlineData("--seed needs a value, --seed N; see", "run", "bard", "--seed", "--", "x")]
    [InlineData("but the option --json follows", "run", "bard", "--temperature", "--json")]
    [InlineData("but the option -n follows", "run", "bard", "--stop", "-n", "3")]
    [InlineData("write --stop=-x", "run", "bard", "--stop", "-x")]
    [InlineData("--json takes no value", "run", "bard", "--json=true")]
    public void What_is_not_known_is_refused(string words, params string[] arguments) => Assert.Contains(
        words, Assert.Throws<CliException>(() => CommandLine.Check(WhorlCommand.Create(), arguments)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("MODEL is missing: whorl serve MODEL; see: whorl serve --help", "serve")]
    [InlineData("FILE is missing: whorl perplexity MODEL FILE; see", "perplexity", "bard")]
    [InlineData("MODEL is missing: whorl perplexity MODEL FILE; FILE is missing", "perplexity")]
    [InlineData("--out is missing; give --out FILE; see", "trace", "bard", "x")]
    [InlineData("'extra words' is too much: serve takes MODEL, and nothing else; ", "serve", "bard", "extra", "words")]
    [InlineData("'x' is too much: list takes options only; see", "list", "x")]
    [InlineData("--temperature is given 2 times; give it once; see", "run", "bard", "x", "--temperature", "0", "--temperature", "1")]
    [InlineData("--out is given 3 times; give it once; see", "trace", "bard", "x", "--out", "a", "--out", "b", "--out", "c")]
    [InlineData("--max-tokens is 'abc'; it must be a whole number, 0 or more; see", "run", "bard", "-n", "abc")]
    [InlineData("--tree is '0'; it must be a whole number from 1 to 512, or auto; see", "run", "bard", "x", "--draft", "auto", "--tree", "0")]
    [InlineData("--delay-ms is '-1'; it must be a number from 0 to 10000; see", "demo", "--delay-ms", "-1")]
    [InlineData("--context is '99999999999'; it must be a whole number from 1 to 2147483647; see", "run", "bard", "--context", "99999999999")]
    public void What_cannot_be_is_told_in_one_line_with_what_is_right(string words, params string[] arguments)
    {
        string told = ParseFaults.Explain(WhorlCommand.Parse(arguments));
        Assert.StartsWith(words, told, StringComparison.Ordinal);
        Assert.EndsWith($"see: whorl {arguments[0]} --help", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "bard", "why", "is", "the", "sky", "blue?", "-n", "3")]
    [InlineData("run", "bard", "--", "--frobnicate", "-x")]
    [InlineData("run", "bard", "--presence-penalty", "-1.5", "x")]
    [InlineData("run", "bard", "--stop=-x", "-")]
    [InlineData("run", "bard", "--stop", "-")]
    [InlineData("run", "bard", "@file", "--stop", "@x")]
    [InlineData("run", "bard", "x", "--help")]
    [InlineData("serve", "bard", "--until-input-ends")]
    [InlineData("--version")]
    public void What_is_known_goes_through(params string[] arguments) =>
        Assert.Equal(arguments, CommandLine.Check(WhorlCommand.Create(), arguments));

    [Theory]
    [InlineData("--help")]
    [InlineData("--help", "help")]
    [InlineData("run --help", "help", "run")]
    [InlineData("run --help", "--help", "run")]
    [InlineData("--help", "/?")]
    [InlineData("--help", "/h")]
    [InlineData("run --help", "run", "/?")]
    [InlineData("--version", "version")]
    [InlineData("--version", "-v")]
    public void Help_and_version_may_be_asked_for_as_elsewhere(string meant, params string[] arguments) =>
        Assert.Equal(meant, string.Join(' ', CommandLine.Check(WhorlCommand.Create(), arguments)));

    [Fact]
    public void A_word_that_begins_with_an_at_sign_is_that_word()
    {
        ParseResult parsed = WhorlCommand.Parse(["run", "bard", "@x", "--stop", "@y"]);
        Assert.Empty(parsed.Errors);
        Assert.Contains("@x", parsed.Tokens.Select(t => t.Value));
        Assert.Contains("@y", parsed.Tokens.Select(t => t.Value));
    }

    [Fact]
    public void Every_command_s_help_has_examples_and_every_option_in_a_group()
    {
        foreach (Command command in WhorlCommand.Create().Subcommands)
        {
            string help = CommandHelp.Describe(command, 100);
            Assert.Contains("\nExamples:\n", help, StringComparison.Ordinal);
            Assert.Contains($"whorl {command.Name}", help, StringComparison.Ordinal);
            Assert.All(command.Options.Where(o => !o.Hidden), option => Assert.Contains(option.Name, help, StringComparison.Ordinal));
            Assert.All(command.Options.Where(o => !o.Hidden), option => Assert.True(CommandHelp.IsGrouped(option), $"{option.Name} has no group"));
        }
    }

    [Fact]
    public void Every_example_of_the_help_is_a_command_line()
    {
        foreach (string[] words in CommandHelp.ExampleLines().Select(Words))
        {
            Assert.Empty(WhorlCommand.Parse(words).Errors);
        }
    }

    [Theory]
    [InlineData("temperature", "temprature", 1)]
    [InlineData("ab", "ba", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void Words_differ_by_so_many_faults(string a, string b, int faults) => Assert.Equal(faults, Spelling.Distance(a, b));

    /// <summary>What a shell gives to the program: the words behind "whorl", quotation marks and the comment taken off.</summary>
    private static string[] Words(string line) =>
        [.. Word().Matches(line.Split("whorl ", 2)[1].Split(" #")[0]).Select(m => m.Value.Trim('"'))];

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();
}
