namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A constant.</summary>
internal sealed class LiteralExpression(Value value, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) => value;
}
