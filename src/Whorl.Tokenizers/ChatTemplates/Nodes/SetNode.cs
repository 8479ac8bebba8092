namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% set target = value %}</c>.</summary>
internal sealed class SetNode(AssignTarget target, Expression value, int line) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        context.Line = line;
        target.Assign(scope, value.Evaluate(context, scope));
        return Flow.Next;
    }
}
