namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A part of a template that has a value.</summary>
internal abstract class Expression(int line)
{
    public int Line { get; } = line;

    /// <summary>Computes the value, as one step of the rendering.</summary>
    public Value Evaluate(RenderContext context, Scope scope)
    {
        RenderBudget.Step();
        context.Line = Line;
        return Compute(context, scope);
    }

    protected abstract Value Compute(RenderContext context, Scope scope);
}
