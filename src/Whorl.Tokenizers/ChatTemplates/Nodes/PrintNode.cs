namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{{ value }}</c>.</summary>
internal sealed class PrintNode(Expression value, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        Value printed = value.Evaluate(context, scope);
        output.Append(context.AutoEscape ? Html.Escape(printed) : printed.Text);
        return Flow.Next;
    }
}
