namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A part of a template that writes output or changes variables.</summary>
internal abstract class Statement
{
    public abstract Flow Render(RenderContext context, Scope scope, OutputBuffer output);
}
