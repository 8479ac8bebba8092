namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Filters with their arguments, each applied to the result of the one before.</summary>
internal sealed class FilterChain(IReadOnlyList<(string Name, ArgumentList Arguments)> filters)
{
    public Value Apply(RenderContext context, Scope scope, Value value)
    {
        foreach ((string name, ArgumentList arguments) in filters)
        {
            RenderBudget.Step();
            value = TemplateFilters.Apply(name, new FilterCall(context, value, arguments.Evaluate(context, scope)));
        }

        return value;
    }
}
