namespace Whorl.Tokenizers.Decoders;

/// <summary>A step of one decoding: takes tokens, passes on what it makes of them.</summary>
internal abstract class DecoderStage
{
    /// <summary>Takes the next token, or with fused input the next part of the only one.</summary>
    public abstract void Add(string token);

    /// <summary>Says that no more tokens come; passes on what was held back.</summary>
    public abstract void End();
}
