namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>value | filter</c>.</summary>
internal sealed class FilterExpression(Expression value, FilterChain filters, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) => filters.Apply(context, scope, value.Evaluate(context, scope));
}
