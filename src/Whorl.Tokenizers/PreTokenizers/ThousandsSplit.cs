using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>
/// Cuts runs of decimal digits into groups of three from the right. It does what the patterns do that look ahead from every digit to the end
/// of its run, and take time quadratic in the run for it.
/// </summary>
internal sealed class ThousandsSplit : SplittingPreTokenizer
{
    private const string BeforeBoundary = @"\d{1,3}(?=(?:\d{3})*\b)";
    private const string CutsOnly = @"(?=(\d{3})+(?!\d))";
    private static readonly CodePointSet Digits = UnicodeProperties.Find("digit")!;
    private static readonly CodePointSet Word = UnicodeProperties.Find("word")!;
    private readonly bool _beforeBoundary;
    private readonly bool _isolated;

    private ThousandsSplit(bool beforeBoundary, bool isolated)
        : base(SplitBehavior.Isolated) => (_beforeBoundary, _isolated) = (beforeBoundary, isolated);

    /// <summary>Every run, each group by itself.</summary>
    public static ThousandsSplit All { get; } = new(beforeBoundary: false, isolated: true);

    /// <summary>What stands for a pattern that isolates its matches, or null.</summary>
    public static ThousandsSplit? Find(string pattern) => pattern switch
    {
        BeforeBoundary => new ThousandsSplit(beforeBoundary: true, isolated: true),
        CutsOnly => new ThousandsSplit(beforeBoundary: false, isolated: false),
        _ => null,
    };

    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        int done = 0;
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            int digits = 0;
            for (; i < text.Length && CodePoints.At(text, i) is var c && Digits.Contains(c); digits++)
            {
                i += CodePoints.Units(c);
            }

            if (digits == 0)
            {
                i += CodePoints.Units(CodePoints.At(text, i));
                continue;
            }

            if (_beforeBoundary && i < text.Length && Word.Contains(CodePoints.At(text, i)))
            {
                continue; // as in 12th
            }

            for (int at = start; digits > 0; digits--)
            {
                if (digits % 3 == 0 || (_isolated && at == start))
                {
                    CutAt(at);
                }

                at += CodePoints.Units(CodePoints.At(text, at));
            }

            if (_isolated)
            {
                CutAt(i);
            }
        }

        if (done < text.Length)
        {
            ranges.Add(new MatchedRange(done, text.Length, true));
        }

        void CutAt(int position)
        {
            if (position > done)
            {
                ranges.Add(new MatchedRange(done, position, true));
                done = position;
            }
        }
    }
}
