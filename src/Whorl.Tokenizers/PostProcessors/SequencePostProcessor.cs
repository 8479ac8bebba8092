namespace Whorl.Tokenizers.PostProcessors;

/// <summary>Applies post-processors one after another.</summary>
internal sealed class SequencePostProcessor(IReadOnlyList<PostProcessor> parts) : PostProcessor
{
    public override List<EncodedSequence> Process(List<EncodedSequence> sequences, bool addSpecialTokens, Func<int, string?> tokenOf)
    {
        foreach (PostProcessor part in parts)
        {
            sequences = part.Process(sequences, addSpecialTokens, tokenOf);
        }

        return sequences;
    }
}
