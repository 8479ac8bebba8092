using Whorl.Tokenizers.Patterns;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>Split: cuts at the matches of a pattern, or with <paramref name="invert"/> at what lies between them.</summary>
internal sealed class PatternSplit(Pattern pattern, SplitBehavior behavior, bool invert) : SplittingPreTokenizer(behavior)
{
    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        pattern.FindAll(text, ranges);
        for (int i = 0; invert && i < ranges.Count; i++)
        {
            ranges[i] = ranges[i] with { IsMatch = !ranges[i].IsMatch };
        }
    }
}
