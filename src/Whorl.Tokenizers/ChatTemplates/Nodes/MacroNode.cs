namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>{% macro %}</c>: defines a macro.</summary>
internal sealed class MacroNode(MacroDefinition definition) : Statement
{
    public override Flow Render(RenderContext context, Scope scope, OutputBuffer output)
    {
        scope.Set(definition.Name!, new MacroValue(definition, scope));
        return Flow.Next;
    }
}
