namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% with name = value %}</c>: variables for a part of the template. The values do not see each other.</summary>
internal sealed class WithNode(IReadOnlyList<(AssignTarget Target, Expression Value)> assignments, BodyNode body) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        Scope inner = body.NewScope(scope);
        foreach ((AssignTarget target, Expression value) in assignments)
        {
            target.Assign(inner, value.Evaluate(context, scope));
        }

        return body.Render(context, inner, output);
    }
}
