namespace Whorl.Tokenizers.Decoders;

/// <summary>A decoder that turns each token into one, knowing only whether it is the first: Replace, Metaspace, WordPiece.</summary>
/// <param name="map">From a token, and whether it is the first, to a token.</param>
/// <param name="byCharacter">Whether each character maps by itself, so that parts of a token can be mapped as they come.</param>
internal sealed class MappingDecoder(Func<string, bool, string> map, bool byCharacter) : TokenDecoder
{
    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        if (!fused || !stream)
        {
            return new MappingStage(next, map);
        }

        // All parts belong to the first token.
        return byCharacter ? new MappingStage(next, (token, _) => map(token, true)) : new FusingStage(new MappingStage(next, map));
    }
}
