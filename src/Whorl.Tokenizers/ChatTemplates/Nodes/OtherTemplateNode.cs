namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A statement that needs another template (include, import, extends): a chat template stands alone, so it fails.</summary>
internal sealed class OtherTemplateNode(string tag, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        throw ChatTemplateException.Runtime($"a chat template stands alone: there is no other template to {tag}");
    }
}
