namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% call macro() %}…{% endcall %}</c>: the body is what the macro calls as <c>caller()</c>.</summary>
internal sealed class CallBlockNode(CallExpression call, MacroDefinition body, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        output.Append(call.EvaluateWith(context, scope, new MacroValue(body, scope)).Text);
        return Flow.Next;
    }
}
