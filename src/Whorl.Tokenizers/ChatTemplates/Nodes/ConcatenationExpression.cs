namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The operator <c>~</c>: the texts of values of any type, joined.</summary>
internal sealed class ConcatenationExpression(IReadOnlyList<Expression> parts, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope)
    {
        Value[] values = [.. parts.Select(part => part.Evaluate(context, scope))];
        bool markup = context.AutoEscape && values.Any(value => value is StrValue { IsMarkup: true });
        string[] texts = [.. values.Select(value => markup ? Html.Escape(value) : value.Text)];
        RenderBudget.Allocate(texts.Sum(text => (long)text.Length));
        return new StrValue(string.Concat(texts), markup);
    }
}
