using System.Text;

namespace Whorl.Tokenizers.Decoders;

/// <summary>The last stage: collects the text.</summary>
internal sealed class TextStage : DecoderStage
{
    private readonly StringBuilder _text = new();

    /// <summary>The text since the last call.</summary>
    public string Take()
    {
        string text = _text.ToString();
        _text.Clear();
        return text;
    }

    public override void Add(string token) => _text.Append(token);

    public override void End()
    {
    }
}
