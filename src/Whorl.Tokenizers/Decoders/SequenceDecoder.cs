namespace Whorl.Tokenizers.Decoders;

/// <summary>Applies decoders one after another.</summary>
internal sealed class SequenceDecoder(IReadOnlyList<TokenDecoder> parts) : TokenDecoder
{
    public override bool Fuses => parts.Any(part => part.Fuses);

    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            next = parts[i].Begin(next, stream, fused || parts.Take(i).Any(part => part.Fuses));
        }

        return next;
    }
}
