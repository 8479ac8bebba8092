namespace Whorl.Tokenizers.Bpe;

/// <summary>Makes a merge table of merges written as texts, in the order of their ranks.</summary>
internal sealed class MergeTableBuilder(Vocabulary vocabulary, int capacity, int prefixLength)
{
    private char[] _merged = new char[64];
    private int _rank;

    public MergeTable Table { get; } = new(capacity);

    /// <summary>Adds the next merge, written with a space between.</summary>
    /// <exception cref="FormatException">It is not two tokens, or these or the merged one are not in the vocabulary.</exception>
    public void Add(string merge)
    {
        // A token may itself hold a space; none begins with one.
        int space = merge.IndexOf(' ', Math.Min(1, merge.Length));
        if (space < 0)
        {
            throw new FormatException($"the merge '{merge}' is not two tokens with a space between");
        }

        Add(merge.AsSpan(0, space), merge.AsSpan(space + 1));
    }

    /// <summary>Adds the next merge.</summary>
    /// <exception cref="FormatException">The tokens or the merged one are not in the vocabulary.</exception>
    public void Add(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int prefix = Math.Min(prefixLength, right.Length);
        int length = left.Length + right.Length - prefix;
        if (length > _merged.Length)
        {
            _merged = new char[length * 2];
        }

        left.CopyTo(_merged);
        right[prefix..].CopyTo(_merged.AsSpan(left.Length));
        Table.Add(Id(left), Id(right), _rank++, Id(_merged.AsSpan(0, length)));
    }

    private int Id(ReadOnlySpan<char> token)
    {
        int id = vocabulary.IdOf(token);
        return id >= 0 ? id : throw new FormatException($"merge {_rank} needs the token '{token}', which is not in the vocabulary");
    }
}
