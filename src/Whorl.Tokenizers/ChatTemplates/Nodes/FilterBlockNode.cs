namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% filter name %}…{% endfilter %}</c>.</summary>
internal sealed class FilterBlockNode(FilterChain filter, BodyNode body, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        Scope inner = body.NewScope(scope);
        Flow flow = body.Capture(context, inner, out string text);
        if (flow == Flow.Next)
        {
            output.Append(filter.Apply(context, inner, new StrValue(text, context.AutoEscape)).Text);
        }

        return flow;
    }
}
