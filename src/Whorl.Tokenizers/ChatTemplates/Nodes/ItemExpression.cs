namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>owner[key]</c>.</summary>
internal sealed class ItemExpression(Expression owner, Expression key, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) =>
        Attributes.OfItem(owner.Evaluate(context, scope), key.Evaluate(context, scope));
}
