namespace Whorl.Tokenizers.PostProcessors;

/// <summary>BertProcessing: [CLS] A [SEP], for pairs [CLS] A [SEP] B [SEP] with B of type 1.</summary>
internal sealed class BertPostProcessor(int separator, int begin) : PostProcessor
{
    private readonly TemplatePostProcessor _template = new(
        [TemplatePart.Special(begin), TemplatePart.Text(0, 0), TemplatePart.Special(separator)],
        [
            TemplatePart.Special(begin), TemplatePart.Text(0, 0), TemplatePart.Special(separator),
            TemplatePart.Text(1, 1), TemplatePart.Special(separator, 1),
        ]);

    public override List<EncodedSequence> Process(List<EncodedSequence> sequences, bool addSpecialTokens, Func<int, string?> tokenOf) =>
        addSpecialTokens ? _template.Process(sequences, addSpecialTokens, tokenOf) : sequences;
}
