namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>owner.name</c>.</summary>
internal sealed class AttributeExpression(Expression owner, string name, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) => Attributes.OfAttribute(owner.Evaluate(context, scope), name);
}
