namespace Whorl.Tokenizers.PostProcessors;

/// <summary>The templates of models whose files do not spell them out.</summary>
internal static class StandardTemplates
{
    /// <summary>Begin and end token around each text, either of which may be lacking; the second text of a pair is of type 1.</summary>
    public static TemplatePostProcessor Around(int? begin, int? end)
    {
        List<TemplatePart> first = Parts(0, begin, end);
        return new TemplatePostProcessor(first, [.. first, .. Parts(1, begin, end)]);
    }

    /// <summary>BERT's: [CLS] A [SEP], for pairs [CLS] A [SEP] B [SEP] with B of type 1.</summary>
    public static TemplatePostProcessor Bert(int begin, int separator)
    {
        TemplatePart[] first = [TemplatePart.Special(begin), TemplatePart.Text(0, 0), TemplatePart.Special(separator)];
        return new TemplatePostProcessor(first, [.. first, TemplatePart.Text(1, 1), TemplatePart.Special(separator, 1)]);
    }

    private static List<TemplatePart> Parts(int sequence, int? begin, int? end)
    {
        var parts = new List<TemplatePart>();
        if (begin is int beginId)
        {
            parts.Add(TemplatePart.Special(beginId, sequence));
        }

        parts.Add(TemplatePart.Text(sequence, sequence));
        if (end is int endId)
        {
            parts.Add(TemplatePart.Special(endId, sequence));
        }

        return parts;
    }
}
