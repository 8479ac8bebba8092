namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Statements in a row.</summary>
/// <param name="statements">The statements.</param>
/// <param name="names">The names of the scope that they are in.</param>
internal sealed class BodyNode(IReadOnlyList<Statement> statements, ScopeNames names) : Statement
{
    /// <summary>A scope for the body, where it has one of its own.</summary>
    public Scope NewScope(Scope outer) => new(outer, names);

    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        foreach (Statement statement in statements)
        {
            RenderBudget.Step();
            Flow flow = statement.Render(context, scope, output);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    /// <summary>Renders into a text of its own. A break or continue within it still leaves the loop around.</summary>
    public Flow Capture(RenderContext context, Scope scope, out string text)
    {
        var inner = new OutputBuffer(context.MaxLength);
        Flow flow = Render(context, scope, inner);
        text = inner.ToString();
        return flow;
    }
}
