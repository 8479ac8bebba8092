namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% if %}</c> with its branches. They have no scope of their own.</summary>
internal sealed class IfNode(IReadOnlyList<(Expression Condition, BodyNode Body)> branches, BodyNode? otherwise, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        foreach ((Expression condition, BodyNode body) in branches)
        {
            if (condition.Evaluate(context, scope).IsTrue)
            {
                return body.Render(context, scope, output);
            }
        }

        return otherwise?.Render(context, scope, output) ?? Flow.Next;
    }
}
