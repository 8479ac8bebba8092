namespace Whorl.Tokenizers.Decoders;

/// <summary>CTC: drops repeated tokens and padding; the word delimiter becomes a space.</summary>
internal sealed class CtcDecoder(string pad, string wordDelimiter, bool cleanup) : TokenDecoder
{
    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        var stage = new Stage(this, next);
        return fused && stream ? new FusingStage(stage) : stage;
    }

    private string Replaced(string token)
    {
        token = pad.Length == 0 ? token : token.Replace(pad, "", StringComparison.Ordinal);
        if (!cleanup)
        {
            return token;
        }

        token = WordPieceCleanup.Apply(token);
        return wordDelimiter.Length == 0 ? token : token.Replace(wordDelimiter, " ", StringComparison.Ordinal);
    }

    private sealed class Stage(CtcDecoder decoder, DecoderStage next) : DecoderStage
    {
        private string? _last;

        public override void Add(string token)
        {
            if (token == _last)
            {
                return;
            }

            _last = token;
            string text = decoder.Replaced(token);
            if (text.Length > 0)
            {
                next.Add(text);
            }
        }

        public override void End() => next.End();
    }
}
