namespace Whorl.Generation;

/// <summary>A model that gives logits for the next token, wherever its blocks are.</summary>
public interface ICausalModel
{
    /// <summary>Number of ids, and of logits.</summary>
    int VocabularySize { get; }

    /// <summary>The longest text it was made for, in tokens; null where that is not known.</summary>
    int? ContextLength { get; }

    /// <summary>Opens a session.</summary>
    /// <param name="maxLength">The most tokens that will be committed; memory is taken for so many.</param>
    /// <param name="maxScratch">The most scratch tokens at a time (trees); 0 for plain decoding.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    ValueTask<ICausalSession> OpenAsync(int maxLength, int maxScratch, CancellationToken cancellationToken);
}
