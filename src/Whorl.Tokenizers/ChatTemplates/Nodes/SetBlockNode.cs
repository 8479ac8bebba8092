namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% set target %}…{% endset %}</c>: a variable that holds rendered text.</summary>
internal sealed class SetBlockNode(AssignTarget target, FilterChain? filter, BodyNode body, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        Scope inner = body.NewScope(scope);
        Flow flow = body.Capture(context, inner, out string text);
        if (flow != Flow.Next)
        {
            return flow;
        }

        Value value = new StrValue(text, context.AutoEscape);
        target.Assign(scope, filter is null ? value : filter.Apply(context, inner, value));
        return Flow.Next;
    }
}
