using System.CommandLine;
using System.Globalization;
using Whorl.Cli.Engine;

namespace Whorl.Cli.Arguments;

/// <summary>A prompt, and how it is continued: what run and demo share.</summary>
internal sealed class GenerationArguments
{
    private readonly Argument<string[]> _prompt;

    private readonly Option<string?> _promptIds = new("--prompt-ids")
    {
        Description = "Token ids in place of a prompt, for a model without a tokenizer: 5,6,7.",
        HelpName = "IDS",
    };

    private readonly Option<int?> _maxTokens = new("--max-tokens", "-n")
    {
        Description = string.Create(
            CultureInfo.InvariantCulture, $"The most tokens to write. Default: {TextOptions.UsualMaxTokens}; for an answer in a chat, no limit."),
        HelpName = "N",
    };

    private readonly Option<float?> _temperature = new("--temperature", "-t")
    {
        Description = "How freely tokens are chosen; 0 always takes the likeliest. Default: the model's own, else 0.8.",
        HelpName = "T",
    };

    private readonly Option<int?> _topK = new("--top-k")
    {
        Description = "Choose among the K likeliest tokens only; 0 for all.",
        HelpName = "K",
    };

    private readonly Option<float?> _topP = new("--top-p")
    {
        Description = "Choose among the likeliest tokens that together reach probability P only.",
        HelpName = "P",
    };

    private readonly Option<float?> _minP = new("--min-p")
    {
        Description = "Choose among tokens at least P times as likely as the likeliest only.",
        HelpName = "P",
    };

    private readonly Option<float?> _repetition = new("--repetition-penalty")
    {
        Description = "Above 1 makes tokens that are already in the text less likely.",
        HelpName = "X",
    };

    private readonly Option<float> _presence = new("--presence-penalty")
    {
        Description = "Taken off the logit of tokens already written.",
        HelpName = "X",
    };

    private readonly Option<float> _frequency = new("--frequency-penalty")
    {
        Description = "Taken off the logit of tokens already written, once for each time.",
        HelpName = "X",
    };

    private readonly Option<string?> _seed = new("--seed")
    {
        Description = "The same seed gives the same text, on any machine and any number of servers. Default: a random one.",
        HelpName = "N",
    };

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "A string that ends the text. May be given more than once.",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _ignoreEos = new("--ignore-eos") { Description = "Write on after the model ends its text." };

    private readonly Option<bool> _chat = new("--chat")
    {
        Description = "The prompt must be put into the model's chat template; a model without one is refused.",
    };

    private readonly Option<bool> _raw = new("--raw")
    {
        Description = "Continue the prompt as it is. Default: where the model has a chat template, the prompt is a message, and is answered.",
    };

    private readonly Option<string?> _system = new("--system", "-s")
    {
        Description = "What the model is told before the conversation: who it is, how it answers.",
        HelpName = "TEXT",
    };

    private readonly Option<string[]> _files = new("--file", "-f")
    {
        Description = "A text file that follows the prompt, behind a blank line; - for standard input. May be given more than once.",
        HelpName = "FILE",
    };

    private readonly Option<int?> _context = new("--context")
    {
        Description = "The most tokens of a session, prompt included. Default: what the prompt and --max-tokens need, at most what the "
            + "model was made for; more is tried with a warning, unless the model has learned so many positions and no more.",
        HelpName = "N",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object when done, and nothing else." };

    /// <param name="withoutPrompt">What the command does without a prompt, for people.</param>
    public GenerationArguments(string withoutPrompt)
    {
        _prompt = new Argument<string[]>("PROMPT")
        {
            Description = $"What to answer or to continue; - for standard input. Without one, {withoutPrompt}.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Check.Whole(_maxTokens, 0);
        Check.Whole(_context, 1);
        Check.Whole(_topK, 0);
        Check.Number(_temperature, value => value >= 0, "a number, 0 or more");
        Check.Number(_topP, value => value is > 0 and <= 1, "a number above 0 and at most 1");
        Check.Number(_minP, value => value is >= 0 and <= 1, "a number from 0 to 1");
        Check.Number(_repetition, value => value > 0, "a number above 0");
        Check.Number(_presence, _ => true, "a number");
        Check.Number(_frequency, _ => true, "a number");
        Check.Filled(_files, "a path");
        Check.Filled(_stop, "a text that is not empty");
        _seed.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string?>() is { } text && ParseSeed(text) is null)
            {
                r.AddError($"--seed is '{text}'; it must be a whole number, 0 or more");
            }
        });
    }

    public void AddTo(Command command)
    {
        command.Add(_prompt);
        foreach (Option option in (Option[])
            [
                _promptIds, _maxTokens, _temperature, _topK, _topP, _minP, _repetition, _presence, _frequency, _seed, _stop, _ignoreEos,
                _chat, _raw, _system, _files, _context, _json,
            ])
        {
            command.Add(option);
        }
    }

    public TextRequest Read(ParseResult result)
    {
        string? prompt = Words(result.GetValue(_prompt));
        if (prompt is not null && result.GetValue(_promptIds) is not null)
        {
            throw new CliException("give a prompt or --prompt-ids, not both");
        }

        string[] files = result.GetValue(_files) ?? [];
        string? system = result.GetValue(_system);
        if (result.GetValue(_promptIds) is not null && (files.Length > 0 || system is not null))
        {
            throw new CliException($"--prompt-ids are the whole prompt; leave out {(system is null ? "--file" : "--system")}");
        }

        if (result.GetValue(_raw) && (result.GetValue(_chat) || system is not null))
        {
            throw new CliException($"--raw leaves out the chat template, which {(system is null ? "--chat" : "--system")} needs; give one of the two");
        }

        return new TextRequest
        {
            Prompt = prompt,
            PromptIds = result.GetValue(_promptIds) is { } ids ? ParseIds(ids) : null,
            Files = files,
            Json = result.GetValue(_json),
            Options = new TextOptions
            {
                UsesTemplate = result.GetValue(_chat) ? true : result.GetValue(_raw) || result.GetValue(_promptIds) is not null ? false : null,
                System = system,
                MaxTokens = result.GetValue(_maxTokens),
                Temperature = result.GetValue(_temperature),
                TopK = result.GetValue(_topK),
                TopP = result.GetValue(_topP),
                MinP = result.GetValue(_minP),
                RepetitionPenalty = result.GetValue(_repetition),
                PresencePenalty = result.GetValue(_presence),
                FrequencyPenalty = result.GetValue(_frequency),
                Seed = result.GetValue(_seed) is { } seed ? ParseSeed(seed) : null,
                StopStrings = result.GetValue(_stop) ?? [],
                IgnoreEndTokens = result.GetValue(_ignoreEos),
                Context = result.GetValue(_context),
            }.WithSeed(),
        };
    }

    /// <summary>The prompt whose words nobody put between quotation marks; null for none.</summary>
    public static string? Words(string[]? words) => words is { Length: > 0 } ? string.Join(' ', words) : null;

    /// <summary>Reads ids separated by commas.</summary>
    public static int[] ParseIds(string text)
    {
        List<int> ids = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            ids.Add(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                ? id
                : throw new CliException($"'{part}' is no token id; write 5,6,7"));
        }

        return ids.Count > 0 ? [.. ids] : throw new CliException("--prompt-ids holds no id; write 5,6,7");
    }

    private static ulong? ParseSeed(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed : null;
}
