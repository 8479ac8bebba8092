using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Text;

/// <summary>Rewrites a text character by character, and aligns the result as Hugging Face's NormalizedString::transform does.</summary>
internal sealed class TextTransform
{
    private readonly AlignedText _source;
    private int _at;

    /// <summary>Begins to rewrite a text whose first <paramref name="removed"/> code points are dropped.</summary>
    public TextTransform(AlignedText source, int removed = 0)
    {
        _source = source;
        Result = new AlignedText(source.Length, source.IsAligned, source.Origin);
        Skip(removed);
    }

    public AlignedText Result { get; }

    /// <summary>
    /// Adds a character: change 0 in the place of the source's next one, 1 as an extra one aligned like what came before it, and -n in the
    /// place of the next one while n more of the source are dropped.
    /// </summary>
    public void Add(int codePoint, int change)
    {
        if (!_source.IsAligned)
        {
            Result.AppendCodePoint(codePoint, _source, -1);
            return;
        }

        Result.AppendCodePoint(codePoint, _source, change > 0 ? _at - 1 : Math.Min(_at, _source.Length - 1));
        if (change <= 0)
        {
            Skip(1 - change);
        }
    }

    private void Skip(int codePoints)
    {
        for (; codePoints > 0 && _at < _source.Length; codePoints--)
        {
            _at += CodePoints.Units(CodePoints.At(_source.Span, _at));
        }
    }
}
