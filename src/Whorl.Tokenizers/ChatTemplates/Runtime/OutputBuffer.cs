using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Rendered text that may not grow beyond a limit.</summary>
internal sealed class OutputBuffer(int maxLength)
{
    private readonly StringBuilder _text = new();

    public void Append(string text)
    {
        RenderBudget.Step(text.Length / 8);
        if (_text.Length + (long)text.Length > maxLength)
        {
            throw ChatTemplateException.Limit($"the rendered text is longer than {maxLength} characters");
        }

        _text.Append(text);
    }

    public void Append(char character)
    {
        if (_text.Length >= maxLength)
        {
            throw ChatTemplateException.Limit($"the rendered text is longer than {maxLength} characters");
        }

        _text.Append(character);
    }

    public override string ToString() => _text.ToString();
}
