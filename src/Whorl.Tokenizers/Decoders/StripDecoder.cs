namespace Whorl.Tokenizers.Decoders;

/// <summary>Strip: takes up to so many of a character off the beginning and the end of each token.</summary>
internal sealed class StripDecoder(char content, int start, int stop) : TokenDecoder
{
    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        if (!fused || !stream)
        {
            return new MappingStage(next, (token, _) => Strip(token));
        }

        return stop == 0 ? new LeftStage(next, content, start) : new FusingStage(new MappingStage(next, (token, _) => Strip(token)));
    }

    private string Strip(string token)
    {
        int from = 0;
        while (from < start && from < token.Length && token[from] == content)
        {
            from++;
        }

        int to = token.Length;
        while (token.Length - to < stop && to > from && token[to - 1] == content)
        {
            to--;
        }

        return token[from..to];
    }

    private sealed class LeftStage(DecoderStage next, char content, int start) : DecoderStage
    {
        private int _left = start;

        public override void Add(string token)
        {
            int from = 0;
            while (_left > 0 && from < token.Length)
            {
                if (token[from] != content)
                {
                    _left = 0;
                    break;
                }

                from++;
                _left--;
            }

            next.Add(token[from..]);
        }

        public override void End() => next.End();
    }
}
