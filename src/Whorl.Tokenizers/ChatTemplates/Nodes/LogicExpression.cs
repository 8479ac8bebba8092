namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>and</c> or <c>or</c>: the first value that decides, or the last.</summary>
internal sealed class LogicExpression(Expression left, Expression right, bool isOr, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope)
    {
        Value first = left.Evaluate(context, scope);
        return first.IsTrue == isOr ? first : right.Evaluate(context, scope);
    }
}
