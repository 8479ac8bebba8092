using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.Decoders;

/// <summary>ByteLevel: the characters of the byte alphabet become bytes, all together UTF-8; broken bytes become U+FFFD.</summary>
internal sealed class ByteLevelDecoder : TokenDecoder
{
    public override bool Fuses => true;

    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        var stage = new Stage(next, stream);
        return fused && stream ? new FusingStage(stage) : stage;
    }

    private sealed class Stage(DecoderStage next, bool stream) : DecoderStage
    {
        private readonly List<byte> _bytes = [];
        private readonly Utf8Stream _utf8 = new();

        public override void Add(string token)
        {
            ByteAlphabet.AppendBytes(token, _bytes);
            if (stream)
            {
                Pass();
            }
        }

        public override void End()
        {
            Pass();
            next.Add(_utf8.Flush());
            next.End();
        }

        private void Pass()
        {
            string text = _utf8.Append(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes));
            _bytes.Clear();
            if (text.Length > 0)
            {
                next.Add(text);
            }
        }
    }
}
