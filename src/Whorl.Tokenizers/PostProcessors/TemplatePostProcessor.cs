namespace Whorl.Tokenizers.PostProcessors;

/// <summary>TemplateProcessing: special tokens around one text or two, each part with its type.</summary>
internal sealed class TemplatePostProcessor(IReadOnlyList<TemplatePart> single, IReadOnlyList<TemplatePart> pair) : PostProcessor
{
    public override List<EncodedSequence> Process(List<EncodedSequence> sequences, bool addSpecialTokens, Func<int, string?> tokenOf)
    {
        bool withOffsets = sequences[0].Offsets is not null;
        var result = new List<EncodedSequence>();
        foreach (TemplatePart part in sequences.Count > 1 ? pair : single)
        {
            if (part.Ids is null)
            {
                EncodedSequence sequence = sequences[part.Sequence];
                sequence.TypeId = part.TypeId;
                sequence.TypeIds.Clear();
                result.Add(sequence);
            }
            else if (addSpecialTokens)
            {
                result.Add(EncodedSequence.OfSpecial(part.Ids, part.TypeId, withOffsets));
            }
        }

        return result;
    }
}
