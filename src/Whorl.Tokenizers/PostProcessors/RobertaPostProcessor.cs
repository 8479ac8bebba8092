namespace Whorl.Tokenizers.PostProcessors;

/// <summary>RobertaProcessing: begin A end, for pairs begin A end end B end, all of type 0.</summary>
internal sealed class RobertaPostProcessor(int separator, int begin, bool trimOffsets, bool addPrefixSpace) : PostProcessor
{
    private readonly TemplatePostProcessor _template = new(
        [TemplatePart.Special(begin), TemplatePart.Text(0, 0), TemplatePart.Special(separator)],
        [
            TemplatePart.Special(begin), TemplatePart.Text(0, 0), TemplatePart.Special(separator),
            TemplatePart.Special(separator), TemplatePart.Text(1, 0), TemplatePart.Special(separator),
        ]);

    public override List<EncodedSequence> Process(List<EncodedSequence> sequences, bool addSpecialTokens, Func<int, string?> tokenOf)
    {
        if (trimOffsets)
        {
            sequences.ForEach(sequence => ByteLevelPostProcessor.Trim(sequence, addPrefixSpace, tokenOf));
        }

        return _template.Process(sequences, addSpecialTokens, tokenOf);
    }
}
