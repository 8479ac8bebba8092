namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>An arithmetic operator between two values.</summary>
internal sealed class BinaryExpression(Expression left, Expression right, Func<Value, Value, Value> operation, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) =>
        operation(left.Evaluate(context, scope), right.Evaluate(context, scope));
}
