namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A macro, or the body of a call block, together with the scope it was defined in.</summary>
internal sealed class MacroValue(MacroDefinition definition, Scope scope) : Value
{
    public override string TypeName => "Macro";

    public override bool IsCallable => true;

    public override Value? Attribute(string name) => name switch
    {
        "name" => definition.Name is null ? NoneValue.Instance : new StrValue(definition.Name),
        "arguments" => new TupleValue([.. definition.Parameters.Select(parameter => new StrValue(parameter.Name))]),
        "catch_kwargs" => BoolValue.Of(definition.UsesKwargs),
        "catch_varargs" => BoolValue.Of(definition.UsesVarargs),
        "caller" => BoolValue.Of(definition.UsesCaller),
        _ => null,
    };

    public override Value Call(RenderContext context, Arguments arguments) => context.Capture(output =>
    {
        Scope inner = definition.Body.NewScope(scope);
        definition.Bind(context, inner, arguments);
        definition.Body.Render(context, inner, output);
    });

    public override void WriteRepr(OutputBuffer output) =>
        output.Append($"<Macro {(definition.Name is null ? "anonymous" : PythonText.Quote(definition.Name))}>");
}
