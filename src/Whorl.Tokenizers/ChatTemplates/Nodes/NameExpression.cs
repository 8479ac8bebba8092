namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A variable.</summary>
internal sealed class NameExpression(string name, int line) : Expression(line)
{
    protected override Value Compute(RenderContext context, Scope scope) => scope.Find(name) ?? UndefinedValue.Variable(name);
}
