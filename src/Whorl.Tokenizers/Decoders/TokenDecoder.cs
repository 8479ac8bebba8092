namespace Whorl.Tokenizers.Decoders;

/// <summary>A step from tokens to text.</summary>
internal abstract class TokenDecoder
{
    /// <summary>Whether it joins all tokens, so that the next step sees one.</summary>
    public virtual bool Fuses => false;

    /// <summary>Begins a text.</summary>
    /// <param name="next">Takes what this step makes of the tokens.</param>
    /// <param name="stream">Whether to pass on as soon as possible what later tokens cannot change; else only the whole counts.</param>
    /// <param name="fused">Whether what comes in are parts of one token.</param>
    public abstract DecoderStage Begin(DecoderStage next, bool stream, bool fused);
}
