namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A body with a scope of its own: <c>{% generation %}</c>, which marks what the assistant said, has no other effect.</summary>
internal sealed class ScopeNode(BodyNode body) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output) =>
        body.Render(context, body.NewScope(scope), output);
}
