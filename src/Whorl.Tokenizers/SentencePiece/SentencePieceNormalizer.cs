using System.Text;
using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>SentencePiece's own normalization: the longest rule at every position, then its treatment of spaces.</summary>
/// <remarks>Source: sentencepiece, normalizer.cc, Normalizer::Normalize and NormalizePrefix.</remarks>
internal sealed class SentencePieceNormalizer : Normalizer
{
    private const char MetaSpace = '\u2581';
    private const int LookAhead = 64; // UTF-16 units; no rule's key is longer
    private readonly CharacterMap? _map;
    private readonly CharTrie _userDefined;

    /// <summary>What the text is looked at with, each at most once per position.</summary>
    public SentencePieceNormalizer(CharacterMap? map, IEnumerable<string> userDefined)
        : this(map, new CharTrie())
    {
        foreach (string piece in userDefined.Where(piece => piece.Length > 0))
        {
            _userDefined.Add(piece, 0);
        }
    }

    private SentencePieceNormalizer(CharacterMap? map, CharTrie userDefined) => (_map, _userDefined) = (map, userDefined);

    /// <summary>Whether a space stands before the text, or behind it with <see cref="WhitespaceAsSuffix"/>.</summary>
    public bool AddDummyPrefix { get; init; }

    /// <summary>Whether runs of spaces become one and those at the ends are dropped.</summary>
    public bool RemoveExtraWhitespaces { get; init; }

    /// <summary>Whether spaces are written as U+2581.</summary>
    public bool EscapeWhitespaces { get; init; }

    public bool WhitespaceAsSuffix { get; init; }

    /// <summary>The same without <see cref="AddDummyPrefix"/>.</summary>
    public SentencePieceNormalizer WithoutDummyPrefix() => new(_map, _userDefined)
    {
        RemoveExtraWhitespaces = RemoveExtraWhitespaces,
        EscapeWhitespaces = EscapeWhitespaces,
        WhitespaceAsSuffix = WhitespaceAsSuffix,
    };

    public override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> span = text.Span;
        char space = EscapeWhitespaces ? MetaSpace : ' ';
        int at = 0;
        while (RemoveExtraWhitespaces && at < span.Length)
        {
            string? replacement = Prefix(span[at..], out int length);
            if (!(replacement is null ? span.Slice(at, length) : replacement).SequenceEqual(" "))
            {
                break;
            }

            at += length;
        }

        var result = new AlignedText(span.Length + 1, text.IsAligned, text.Origin);
        if (at == span.Length)
        {
            return result;
        }

        if (AddDummyPrefix && !WhitespaceAsSuffix)
        {
            result.Append(space, text, at);
        }

        bool afterSpace = RemoveExtraWhitespaces;
        while (at < span.Length)
        {
            string? replacement = Prefix(span[at..], out int length);
            ReadOnlySpan<char> part = replacement is null ? span.Slice(at, length) : replacement;
            while (afterSpace && part.StartsWith(' '))
            {
                part = part[1..];
            }

            foreach (char c in part)
            {
                result.Append(c == ' ' ? space : c, text, at);
            }

            if (part.Length > 0)
            {
                afterSpace = RemoveExtraWhitespaces && part[^1] == ' ';
            }

            at += length;
        }

        int end = result.Length;
        while (RemoveExtraWhitespaces && end > 0 && result.Span[end - 1] == space)
        {
            end--;
        }

        result = end < result.Length ? result.Slice(0, end) : result;
        if (AddDummyPrefix && WhitespaceAsSuffix)
        {
            result.Append(space, text, text.Length - 1);
        }

        return result;
    }

    // What the beginning of the text becomes: a string, or null where it stays as it is.
    private string? Prefix(ReadOnlySpan<char> text, out int length)
    {
        (int found, length) = _userDefined.Longest(text);
        if (found >= 0)
        {
            return null;
        }

        int units = CodePoints.Units(CodePoints.At(text, 0));
        if (_map is not null)
        {
            ReadOnlySpan<char> window = text[..Math.Min(text.Length, LookAhead)];
            window = char.IsHighSurrogate(window[^1]) ? window[..^1] : window;
            Span<byte> bytes = stackalloc byte[LookAhead * 3];
            int size = Encoding.UTF8.GetBytes(window, bytes);
            if (_map.FindLongest(bytes[..size], out int matched) is string replacement)
            {
                length = Encoding.UTF8.GetCharCount(bytes[..matched]);
                return replacement;
            }
        }

        length = units;
        return null;
    }
}
