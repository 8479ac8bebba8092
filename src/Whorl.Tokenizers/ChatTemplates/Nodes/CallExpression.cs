namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A call of a function, method or macro.</summary>
internal sealed class CallExpression(Expression function, ArgumentList arguments, int line) : Expression(line)
{
    /// <summary>Makes the call with the body of a call block as a further argument.</summary>
    public Value EvaluateWith(RenderContext context, Scope scope, MacroValue caller) =>
        function.Evaluate(context, scope).Call(context, arguments.Evaluate(context, scope, caller));

    protected override Value Compute(RenderContext context, Scope scope)
    {
        Value target = function.Evaluate(context, scope);
        Arguments values = arguments.Evaluate(context, scope);
        context.Line = Line;
        return target.Call(context, values);
    }
}
