using Whorl.Tokenizers.Decoders;

namespace Whorl.Tokenizers;

/// <summary>Decodes ids as they come. The pieces joined, with what <see cref="Flush"/> gives, are the decoding of all ids.</summary>
/// <remarks>
/// Only those bytes are held back that further ones could still complete to a UTF-8 character; broken bytes show as U+FFFD at once.
/// One difference remains, which streaming cannot avoid: <see cref="Tokenizer.Decode(ReadOnlySpan{int}, bool)"/> shows a run of
/// SentencePiece's byte tokens that is not wholly valid as one U+FFFD per byte, valid characters in it included.
/// Not safe for concurrent use.
/// </remarks>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly TextStage _text = new();
    private DecoderStage _stage;

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
        _stage = tokenizer.BeginDecoding(_text, stream: true);
    }

    /// <summary>Takes the next id.</summary>
    /// <returns>The text that it completes; empty while a character is unfinished, and for an id that stands for nothing.</returns>
    public string Append(int id)
    {
        if (_tokenizer.TextToDecode(id, _skipSpecialTokens) is string token)
        {
            _stage.Add(token);
        }

        return _text.Take();
    }

    /// <summary>Ends the text: gives what was held back, and is ready for another text.</summary>
    public string Flush()
    {
        _stage.End();
        string rest = _text.Take();
        _stage = _tokenizer.BeginDecoding(_text, stream: true);
        return rest;
    }
}
