namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Statements in a row.</summary>
internal sealed class BodyNode(IReadOnlyList<Statement> statements) : Statement
{
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
