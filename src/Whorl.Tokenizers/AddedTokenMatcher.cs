using System.Buffers;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers;

/// <summary>Cuts added tokens out of pieces: leftmost, of those the longest, by the rules of tokenizers' added_vocabulary.rs.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly CharTrie _trie = new();
    private readonly IReadOnlyDictionary<int, AddedToken> _tokens;
    private readonly SearchValues<char> _firstUnits;

    /// <summary>A matcher for patterns and the ids of the tokens that they stand for.</summary>
    public AddedTokenMatcher(IEnumerable<(string Pattern, int Id)> patterns, IReadOnlyDictionary<int, AddedToken> tokens)
    {
        _tokens = tokens;
        var first = new HashSet<char>();
        foreach ((string pattern, int id) in patterns)
        {
            // Of equal patterns the first one counts.
            if (pattern.Length > 0 && _trie.Longest(pattern).Length != pattern.Length)
            {
                _trie.Add(pattern, id);
                first.Add(pattern[0]);
            }
        }

        _firstUnits = SearchValues.Create([.. first]);
        IsEmpty = first.Count == 0;
    }

    public bool IsEmpty { get; }

    /// <summary>Adds the pieces of a part of the buffer's text from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    public void Split(PieceBuffer buffer, int start, int end, bool parseSpecial)
    {
        ReadOnlySpan<char> text = buffer.Text.Span[start..end];
        int done = 0;
        for (int at = 0; TryFind(text, ref at, out int id, out int length); at += length)
        {
            AddedToken token = _tokens[id];
            if ((token.Special && !parseSpecial) || (token.SingleWord && TouchesWord(text, at, at + length)))
            {
                continue;
            }

            int from = token.StripLeft ? Math.Max(SpaceBefore(text, at), done) : at;
            int to = token.StripRight ? SpaceAfter(text, at + length) : at + length;
            buffer.Add(start + done, from - done, -1);
            buffer.Add(start + from, to - from, id);
            done = to;
        }

        buffer.Add(start + done, text.Length - done, -1);
    }

    private bool TryFind(ReadOnlySpan<char> text, ref int at, out int id, out int length)
    {
        for (; at < text.Length; at++)
        {
            int skip = text[at..].IndexOfAny(_firstUnits);
            if (skip < 0)
            {
                break;
            }

            at += skip;
            (id, length) = _trie.Longest(text[at..]);
            if (id >= 0)
            {
                return true;
            }
        }

        (id, length) = (-1, 0);
        return false;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int start, int end) =>
        (start > 0 && CodePoints.Word.Contains(CodePoints.Before(text, start)))
        || (end < text.Length && CodePoints.Word.Contains(CodePoints.At(text, end)));

    private static int SpaceBefore(ReadOnlySpan<char> text, int at)
    {
        while (at > 0 && CodePoints.WhiteSpace.Contains(text[at - 1]))
        {
            at--;
        }

        return at;
    }

    private static int SpaceAfter(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && CodePoints.WhiteSpace.Contains(text[at]))
        {
            at++;
        }

        return at;
    }
}
