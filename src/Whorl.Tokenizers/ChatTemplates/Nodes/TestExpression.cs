namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>value is test</c>.</summary>
internal sealed class TestExpression(Expression value, string name, ArgumentList arguments, bool negated, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope)
    {
        Value tested = value.Evaluate(context, scope);
        return BoolValue.Of(TemplateTests.Apply(name, tested, arguments.Evaluate(context, scope)) != negated);
    }
}
