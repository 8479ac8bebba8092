namespace Whorl.Tokenizers.Decoders;

/// <summary>Fuse: joins all tokens.</summary>
internal sealed class FuseDecoder : TokenDecoder
{
    public override bool Fuses => true;

    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused) => stream ? next : new FusingStage(next);
}
