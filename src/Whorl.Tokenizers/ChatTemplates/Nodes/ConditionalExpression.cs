namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>a if condition else b</c>; without an else the value may be undefined.</summary>
internal sealed class ConditionalExpression(Expression condition, Expression chosen, Expression? otherwise, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) =>
        condition.Evaluate(context, scope).IsTrue ? chosen.Evaluate(context, scope)
        : otherwise is not null ? otherwise.Evaluate(context, scope)
        : new UndefinedValue($"the inline if-expression on line {Line} evaluated to false and no else section was defined.");
}
