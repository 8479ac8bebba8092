namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Text that stands outside of all tags.</summary>
internal sealed class TextNode(string text) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        output.Append(text);
        return Flow.Next;
    }
}
