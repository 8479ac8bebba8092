namespace Whorl.Tokenizers.PostProcessors;

/// <summary>The ids of one text, with what goes along with them, until the post-processors have put all together.</summary>
internal sealed class EncodedSequence
{
    public List<int> Ids { get; } = [];

    /// <summary>The type of all its ids, unless <see cref="TypeIds"/> says otherwise.</summary>
    public int TypeId { get; set; }

    /// <summary>The type of each id; empty while <see cref="TypeId"/> holds for all.</summary>
    public List<int> TypeIds { get; } = [];

    /// <summary>Where each token lies in the text; null where nobody asked.</summary>
    public List<TokenOffset>? Offsets { get; set; }

    /// <summary>
    /// By index, what tokens are in the text where their id does not tell it: added tokens with the white space that they swallowed, unknown
    /// pieces. Only where <see cref="Offsets"/> are kept.
    /// </summary>
    public Dictionary<int, string> Texts { get; } = [];

    public int TypeIdAt(int index) => TypeIds.Count == 0 ? TypeId : TypeIds[index];

    /// <summary>A sequence of special tokens, which lie at no place.</summary>
    public static EncodedSequence OfSpecial(IEnumerable<int> ids, int typeId, bool withOffsets)
    {
        var sequence = new EncodedSequence { TypeId = typeId };
        sequence.Ids.AddRange(ids);
        if (withOffsets)
        {
            sequence.Offsets = [.. sequence.Ids.Select(_ => default(TokenOffset))];
        }

        return sequence;
    }
}
