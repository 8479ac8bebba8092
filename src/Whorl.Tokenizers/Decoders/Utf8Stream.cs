using System.Text;

namespace Whorl.Tokenizers.Decoders;

/// <summary>Decodes UTF-8 that comes in parts: holds back what may still become a character, and no more.</summary>
/// <remarks>
/// Broken bytes become one U+FFFD per maximal subpart (Unicode 16, section 3.9, table 3-8) as soon as they are known to be
/// broken.
/// </remarks>
internal sealed class Utf8Stream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private char[] _chars = new char[64];

    /// <summary>The text that the bytes complete.</summary>
    public string Append(ReadOnlySpan<byte> bytes) => Convert(bytes, flush: false);

    /// <summary>What was held back, which is now broken.</summary>
    public string Flush() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        int needed = _decoder.GetCharCount(bytes, flush);
        if (needed > _chars.Length)
        {
            _chars = new char[needed * 2];
        }

        int length = _decoder.GetChars(bytes, _chars, flush);
        return length == 0 ? "" : new string(_chars, 0, length);
    }
}
