namespace Whorl.Tokenizers;

/// <summary>An encoded text or pair of texts, with what goes along with each id. All lists have the same length.</summary>
/// <param name="Ids">The ids.</param>
/// <param name="TypeIds">Which text an id belongs to, as the model was trained: 0 or 1 for most.</param>
/// <param name="Offsets">Where each token lies in its text, in code points; in a pair, in the first or the second text.</param>
public sealed record TokenEncoding(IReadOnlyList<int> Ids, IReadOnlyList<int> TypeIds, IReadOnlyList<TokenOffset> Offsets);
