namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A list or tuple written out.</summary>
internal sealed class SequenceExpression(IReadOnlyList<Expression> items, bool isTuple, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope)
    {
        Value[] values = [.. items.Select(item => item.Evaluate(context, scope))];
        return isTuple ? new TupleValue(values) : new ListValue(values);
    }
}
