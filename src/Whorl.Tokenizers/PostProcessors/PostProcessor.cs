namespace Whorl.Tokenizers.PostProcessors;

/// <summary>Adds special tokens to encoded texts and sets types and offsets right.</summary>
internal abstract class PostProcessor
{
    /// <summary>One sequence, or the two of a pair, in; what they become, to be joined, out.</summary>
    public abstract List<EncodedSequence> Process(List<EncodedSequence> sequences, bool addSpecialTokens, Func<int, string?> tokenOf);
}
