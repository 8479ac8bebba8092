namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>One or more comparisons in a chain, all of which must hold: <c>1 &lt; x &lt; 3</c>.</summary>
internal sealed class CompareExpression(
    Expression first, IReadOnlyList<(Func<Value, Value, bool> Test, Expression Operand)> operands, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope)
    {
        Value left = first.Evaluate(context, scope);
        foreach ((Func<Value, Value, bool> test, Expression operand) in operands)
        {
            Value right = operand.Evaluate(context, scope);
            if (!test(left, right))
            {
                return BoolValue.False;
            }

            left = right;
        }

        return BoolValue.True;
    }
}
