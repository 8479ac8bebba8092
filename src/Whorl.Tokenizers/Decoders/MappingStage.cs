namespace Whorl.Tokenizers.Decoders;

/// <summary>A stage that turns each token into one, knowing only whether it is the first.</summary>
internal sealed class MappingStage(DecoderStage next, Func<string, bool, string> map) : DecoderStage
{
    private bool _begun;

    public override void Add(string token)
    {
        next.Add(map(token, !_begun));
        _begun = true;
    }

    public override void End() => next.End();
}
