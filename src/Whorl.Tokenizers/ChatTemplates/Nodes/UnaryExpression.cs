namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A sign or <c>not</c>.</summary>
internal sealed class UnaryExpression(Expression operand, Func<Value, Value> operation, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) => operation(operand.Evaluate(context, scope));
}
