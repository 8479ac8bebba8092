namespace Whorl.Tokenizers.Text;

/// <summary>A growing text in UTF-16 that, when asked to, knows for every unit which code points of the original it came from.</summary>
internal sealed class AlignedText
{
    private char[] _chars;
    private int[]? _starts;
    private int[]? _ends;

    /// <summary>An empty text.</summary>
    /// <param name="capacity">How many units to make room for.</param>
    /// <param name="aligned">Whether to keep alignments.</param>
    /// <param name="origin">The code point of the original at which this text begins.</param>
    public AlignedText(int capacity, bool aligned, int origin = 0)
    {
        _chars = new char[Math.Max(capacity, 16)];
        IsAligned = aligned;
        Origin = origin;
        if (aligned)
        {
            _starts = new int[_chars.Length];
            _ends = new int[_chars.Length];
        }
    }

    public int Length { get; private set; }

    /// <summary>Whether alignments are kept; without them every start and end is -1.</summary>
    public bool IsAligned { get; }

    /// <summary>The code point of the original at which this text begins.</summary>
    public int Origin { get; }

    public ReadOnlySpan<char> Span => _chars.AsSpan(0, Length);

    /// <summary>The original itself; each unit comes from its own code point.</summary>
    public static AlignedText OfOriginal(string text, bool aligned)
    {
        var result = new AlignedText(text.Length, aligned) { Length = text.Length };
        text.CopyTo(result._chars);
        int codePoint = 0;
        for (int i = 0; aligned && i < text.Length; i++)
        {
            result._starts![i] = codePoint;
            result._ends![i] = codePoint + 1;
            codePoint += char.IsHighSurrogate(text[i]) ? 0 : 1;
        }

        return result;
    }

    /// <summary>The first code point of the original that the unit came from, or -1.</summary>
    public int StartOf(int unit) => _starts is null ? -1 : _starts[unit];

    /// <summary>One past the last code point of the original that the unit came from, or -1.</summary>
    public int EndOf(int unit) => _ends is null ? -1 : _ends[unit];

    /// <summary>A copy of the units from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    public AlignedText Slice(int start, int end)
    {
        var slice = new AlignedText(end - start, IsAligned, IsAligned && start < Length ? _starts![start] : Origin);
        slice.Append(this, start, end);
        return slice;
    }

    /// <summary>Adds units of another text with their alignments.</summary>
    public void Append(AlignedText source, int start, int end)
    {
        int count = end - start;
        Reserve(count);
        source.Span[start..end].CopyTo(_chars.AsSpan(Length));
        if (IsAligned)
        {
            source._starts.AsSpan(start, count).CopyTo(_starts.AsSpan(Length));
            source._ends.AsSpan(start, count).CopyTo(_ends.AsSpan(Length));
        }

        Length += count;
    }

    /// <summary>
    /// Adds one unit aligned as unit <paramref name="like"/> of <paramref name="source"/>; at its origin where that is -1.
    /// </summary>
    public void Append(char unit, AlignedText source, int like)
    {
        Reserve(1);
        _chars[Length] = unit;
        if (IsAligned)
        {
            _starts![Length] = like < 0 ? source.Origin : source._starts![like];
            _ends![Length] = like < 0 ? source.Origin : source._ends![like];
        }

        Length++;
    }

    /// <summary>Adds a code point, aligned likewise.</summary>
    public void AppendCodePoint(int codePoint, AlignedText source, int like)
    {
        if (codePoint <= 0xFFFF)
        {
            Append((char)codePoint, source, like);
            return;
        }

        Append((char)(0xD800 + ((codePoint - 0x10000) >> 10)), source, like);
        Append((char)(0xDC00 + ((codePoint - 0x10000) & 0x3FF)), source, like);
    }

    /// <summary>Adds a string, all of it aligned likewise.</summary>
    public void Append(string text, AlignedText source, int like)
    {
        foreach (char c in text)
        {
            Append(c, source, like);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => new(Span);

    private void Reserve(int count)
    {
        if (Length + count <= _chars.Length)
        {
            return;
        }

        int size = Math.Max(Length + count, _chars.Length * 2);
        Array.Resize(ref _chars, size);
        if (IsAligned)
        {
            Array.Resize(ref _starts, size);
            Array.Resize(ref _ends, size);
        }
    }
}
