namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% autoescape true %}</c>: escapes what is printed within.</summary>
internal sealed class AutoEscapeNode(Expression enabled, BodyNode body) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        bool before = context.AutoEscape;
        context.AutoEscape = enabled.Evaluate(context, scope).IsTrue;
        Flow flow = body.Render(context, body.NewScope(scope), output);
        context.AutoEscape = before;
        return flow;
    }
}
