namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>
/// <c>{% block name %}</c>. Unless it is <c>scoped</c>, it sees the template's own variables but not those of a loop around it.
/// </summary>
internal sealed class NamedBlockNode(BodyNode body, bool scoped) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output) =>
        body.Render(context, body.NewScope(scoped ? scope : context.Root), output);
}
