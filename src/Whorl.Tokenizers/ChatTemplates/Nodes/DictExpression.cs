namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A dictionary written out.</summary>
internal sealed class DictExpression(IReadOnlyList<(Expression Key, Expression Value)> entries, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope)
    {
        var dict = new DictValue();
        foreach ((Expression key, Expression value) in entries)
        {
            dict.Set(key.Evaluate(context, scope), value.Evaluate(context, scope));
        }

        return dict;
    }
}
