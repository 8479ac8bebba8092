using Whorl.Generation.Speculation;

namespace Whorl;

/// <summary>
/// Who guesses how a text goes on, so that several tokens come out of one pass of the model. The text does not change by a byte; whether it comes
/// faster is measured while it is written, and nothing is guessed where it would not.
/// </summary>
public sealed record SpeculationOptions
{
    /// <summary>Whether the text's last tokens are looked up in what was written before: for quoting, editing, lists.</summary>
    /// <value>Default true.</value>
    public bool Lookup { get; init; } = true;

    /// <summary>Whether what the model last held likely behind a token is tried again.</summary>
    /// <value>Default true.</value>
    public bool Recycle { get; init; } = true;

    /// <summary>A smaller model of the same vocabulary. It is not closed with the text.</summary>
    /// <value>Default null: none.</value>
    public LanguageModel? Draft { get; init; }

    /// <summary>Guesses in every pass, 1 to <see cref="Speculator.MostNodes"/>.</summary>
    /// <value>Default null: as many as are worth their time.</value>
    public int? TreeSize { get; init; }

    /// <exception cref="WhorlException">The draft model has another vocabulary.</exception>
    internal Speculator Create(ModelText text, int vocabularySize)
    {
        List<IDrafter> drafters = [];
        if (Draft is { } draft)
        {
            drafters.Add(new ModelDrafter(draft.Name, draft.Model));
            if (draft.Model.VocabularySize != vocabularySize || !HasSameTokens(text, draft.Text, vocabularySize))
            {
                throw new WhorlException($"{draft.Name} has another vocabulary than the model: it cannot guess for it");
            }
        }

        if (Lookup)
        {
            drafters.Add(new LookupDrafter());
        }

        if (Recycle)
        {
            drafters.Add(new RecyclingDrafter(vocabularySize));
        }

        if (TreeSize is { } size)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(TreeSize));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Speculator.MostNodes, nameof(TreeSize));
        }

        return new Speculator(drafters, TimeProvider.System) { TreeSize = TreeSize };
    }

    private static bool HasSameTokens(ModelText one, ModelText other, int vocabularySize) =>
        one.Tokenizer is not { } a || other.Tokenizer is not { } b
        || Enumerable.Range(0, vocabularySize).All(id => a.Decode([id]) == b.Decode([id]));
}
