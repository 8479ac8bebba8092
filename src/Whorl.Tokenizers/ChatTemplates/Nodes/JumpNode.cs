namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% break %}</c> or <c>{% continue %}</c>.</summary>
internal sealed class JumpNode(Flow flow) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output) => flow;
}
