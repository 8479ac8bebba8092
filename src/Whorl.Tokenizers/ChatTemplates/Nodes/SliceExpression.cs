namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>owner[start:stop:step]</c>.</summary>
internal sealed class SliceExpression(Expression owner, Expression? start, Expression? stop, Expression? step, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) => Slicing.Slice(
        owner.Evaluate(context, scope), start?.Evaluate(context, scope), stop?.Evaluate(context, scope), step?.Evaluate(context, scope));
}
