namespace Whorl.Tokenizers.PostProcessors;

/// <summary>A part of a template: special tokens, or the text.</summary>
/// <param name="Ids">The ids of the special tokens; null for a text.</param>
/// <param name="Sequence">Which text, 0 or 1.</param>
/// <param name="TypeId">The type of the ids.</param>
internal sealed record TemplatePart(IReadOnlyList<int>? Ids, int Sequence, int TypeId)
{
    public static TemplatePart Special(int id, int typeId = 0) => new([id], 0, typeId);

    public static TemplatePart Text(int sequence, int typeId) => new(null, sequence, typeId);
}
