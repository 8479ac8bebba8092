namespace Whorl.Tokenizers.Decoders;

/// <summary>BPEDecoder: the end-of-word suffix becomes a space, but nothing in the last token.</summary>
internal sealed class SuffixDecoder(string suffix) : TokenDecoder
{
    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        var stage = new Stage(next, suffix);
        return fused && stream ? new FusingStage(stage) : stage;
    }

    private sealed class Stage(DecoderStage next, string suffix) : DecoderStage
    {
        private string? _held; // the last token, of which only the next one tells that it is not the last

        public override void Add(string token)
        {
            if (_held is not null)
            {
                next.Add(Replaced(_held, " "));
            }

            _held = token;
        }

        public override void End()
        {
            if (_held is not null)
            {
                next.Add(Replaced(_held, ""));
            }

            next.End();
        }

        private string Replaced(string token, string by) =>
            suffix.Length == 0 ? token : token.Replace(suffix, by, StringComparison.Ordinal);
    }
}
