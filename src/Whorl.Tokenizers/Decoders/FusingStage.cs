using System.Text;

namespace Whorl.Tokenizers.Decoders;

/// <summary>A stage that joins all tokens to one and passes it on at the end.</summary>
internal sealed class FusingStage(DecoderStage next) : DecoderStage
{
    private readonly StringBuilder _text = new();

    public override void Add(string token) => _text.Append(token);

    public override void End()
    {
        next.Add(_text.ToString());
        next.End();
    }
}
