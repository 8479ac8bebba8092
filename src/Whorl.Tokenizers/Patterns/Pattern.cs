using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <summary>A regular expression as tokenizer.json writes it (Oniguruma, Ruby syntax), matched over UTF-16 by code points.</summary>
/// <remarks>
/// Our own engine, because .NET's differs in all that matters here: astral characters, Unicode versions, \s, (?i), nested
/// classes.
/// </remarks>
internal sealed class Pattern
{
    private readonly Branch[] _branches;
    private readonly byte[][]? _branchesByAscii;
    private readonly bool _mayBeEmpty;
    private readonly Instruction[] _code;
    private readonly int _slots;

    private Pattern(PatternNode node)
    {
        // Top-level branches are separate programs, so that the first character can choose among them.
        IReadOnlyList<PatternNode> branches = node is AlternationNode { Branches.Count: < 256 } alternation ? alternation.Branches : [node];
        var code = new List<Instruction>();
        _branches = new Branch[branches.Count];
        for (int i = 0; i < branches.Count; i++)
        {
            (Instruction[] part, int slots) = PatternCompiler.Compile(branches[i]);
            CodePointSet? first = PatternCompiler.FirstSet(branches[i]);
            _branches[i] = new Branch(code.Count, first);
            _mayBeEmpty |= first is null;
            foreach (Instruction instruction in part)
            {
                code.Add(Moved(instruction, _branches[i].Entry, _slots));
            }

            _slots += slots;
        }

        _code = [.. code];
        _branchesByAscii = new byte[128][];
        for (int c = 0; c < 128; c++)
        {
            _branchesByAscii[c] =
                [.. Enumerable.Range(0, _branches.Length).Where(i => _branches[i].First?.Contains(c) ?? true).Select(i => (byte)i)];
        }
    }

    /// <summary>Parses a pattern.</summary>
    /// <exception cref="FormatException">It is malformed or uses what is not supported; the message says which.</exception>
    public static Pattern Parse(string pattern) => new(PatternParser.Parse(pattern));

    /// <summary>The pattern that matches just this text.</summary>
    public static Pattern Literal(string text)
    {
        var parts = new List<PatternNode>();
        for (int i = 0; i < text.Length;)
        {
            int c = CodePoints.At(text, i);
            parts.Add(new SetNode(CodePointSet.Single(c)));
            i += CodePoints.Units(c);
        }

        return new Pattern(new SequenceNode(parts));
    }

    /// <summary>Adds to <paramref name="matches"/> the pieces of the text in order, those that match and those between.</summary>
    /// <remarks>
    /// An empty match directly behind the match before it does not count; an empty text is one piece that does not match.
    /// </remarks>
    public void FindAll(ReadOnlySpan<char> text, List<MatchedRange> matches)
    {
        if (text.IsEmpty)
        {
            matches.Add(new MatchedRange(0, 0, false));
            return;
        }

        var matcher = new PatternMatcher(_code, _slots, text);
        int done = 0;
        int from = 0;
        int lastEnd = -1;
        while (from <= text.Length && Search(ref matcher, text, from, out int start, out int end))
        {
            if (end == start && lastEnd == end)
            {
                from = end < text.Length ? end + CodePoints.Units(CodePoints.At(text, end)) : end + 1;
                continue;
            }

            if (done != start)
            {
                matches.Add(new MatchedRange(done, start, false));
            }

            matches.Add(new MatchedRange(start, end, true));
            done = lastEnd = from = end;
        }

        matcher.Dispose();
        if (done != text.Length)
        {
            matches.Add(new MatchedRange(done, text.Length, false));
        }
    }

    private bool Search(ref PatternMatcher matcher, ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        for (start = from; start < text.Length; start++)
        {
            int c = text[start];
            if (c < 128)
            {
                foreach (byte branch in _branchesByAscii![c])
                {
                    end = matcher.Match(_branches[branch].Entry, start);
                    if (end >= 0)
                    {
                        return true;
                    }
                }

                continue;
            }

            c = CodePoints.At(text, start);
            foreach (Branch branch in _branches)
            {
                if (branch.First is null || branch.First.Contains(c))
                {
                    end = matcher.Match(branch.Entry, start);
                    if (end >= 0)
                    {
                        return true;
                    }
                }
            }

            start += CodePoints.Units(c) - 1;
        }

        if (_mayBeEmpty)
        {
            foreach (Branch branch in _branches)
            {
                end = branch.First is null ? matcher.Match(branch.Entry, start) : -1;
                if (end >= 0)
                {
                    return true;
                }
            }
        }

        end = -1;
        return false;
    }

    private static Instruction Moved(Instruction instruction, int by, int slots)
    {
        instruction.Target += by;
        instruction.Other += by;
        if (instruction.Op is PatternOp.Remember or PatternOp.LeaveIfEmpty)
        {
            instruction.Min += slots;
        }

        return instruction;
    }

    /// <summary>A branch of the topmost alternation.</summary>
    /// <param name="Entry">Its first instruction.</param>
    /// <param name="First">What it can begin with; null for anything or nothing.</param>
    private readonly record struct Branch(int Entry, CodePointSet? First);
}
