using System.CommandLine;
using System.Globalization;
using Whorl.Cli.Output;
using Whorl.Generation.Speculation;

namespace Whorl.Cli.Arguments;

/// <summary>Who guesses how a text goes on: what run and demo share.</summary>
internal sealed class DraftArguments
{
    private const string None = "none", Automatic = "auto", Lookup = "lookup", Recycle = "recycle";

    private readonly Option<string?> _draft = new("--draft")
    {
        Description = "Who guesses ahead, so that several tokens come out of one pass; the text stays the same, and nothing is guessed where it would be "
            + $"slower. {Lookup}: what followed the last words before; {Recycle}: what was likely behind a token before; a smaller MODEL with the same "
            + $"tokenizer; several with commas; {Automatic} for {Lookup},{Recycle}. Default: {None}.",
        HelpName = "MODEL",
    };

    private readonly Option<string> _tree = new("--tree")
    {
        Description = $"Guesses in each pass: 1 to {Speculator.MostNodes}, or {Automatic} for as many as are worth their time, by measurement.",
        DefaultValueFactory = _ => Automatic,
        HelpName = "SIZE",
    };

    public DraftArguments()
    {
        Check.Filled(_draft, "lookup, recycle, auto, none, or a model");
        _tree.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string>() is { } text && text != Automatic && Size(text) is null)
            {
                r.AddError($"--tree is '{text}'; it must be a whole number from 1 to {Speculator.MostNodes}, or {Automatic}");
            }
        });
    }

    public void AddTo(Command command)
    {
        command.Add(_draft);
        command.Add(_tree);
    }

    /// <summary>Reads the options, and loads the model that guesses.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="options">How that model is computed.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <returns>Who guesses; null for nobody. The model is closed with the owner of the options.</returns>
    public async Task<SpeculationOptions?> ReadAsync(ParseResult result, ModelOptions options, CancellationToken cancellationToken)
    {
        string[] named = (result.GetValue(_draft) ?? None).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        int? size = Size(result.GetValue(_tree)!);
        if (named.Contains(None))
        {
            return named.Length > 1 ? throw new CliException($"--draft is '{None}' and another; give one or the other")
                : size is not null ? throw new CliException("--tree says how much is guessed, and nobody guesses; give --draft too")
                : null;
        }

        string[] models = [.. named.Except([Automatic, Lookup, Recycle])];
        if (models.Length > 1)
        {
            throw new CliException($"--draft names {models.Length} models, '{models[0]}' and '{models[1]}'; give one");
        }

        LanguageModel? draft = null;
        if (models.Length == 1)
        {
            LocatedModel found = await ModelLocator.FindAsync(models[0], ModelPart.Whole, DownloadProgress.Display, ModelWarnings.Tell, cancellationToken);
            draft = await LanguageModel.LoadAsync(found, options, cancellationToken);
        }

        return new SpeculationOptions
        {
            Lookup = named.Contains(Lookup) || named.Contains(Automatic),
            Recycle = named.Contains(Recycle) || named.Contains(Automatic),
            Draft = draft,
            TreeSize = size,
        };
    }

    private static int? Size(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 1 and <= Speculator.MostNodes ? size : null;
}
