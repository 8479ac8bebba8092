namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What a macro or the body of a call block consists of.</summary>
internal sealed class MacroDefinition(string? name, IReadOnlyList<MacroParameter> parameters, BodyNode body, MacroNames names)
{
    /// <summary>The macro's name; null for the body of a call block.</summary>
    public string? Name { get; } = name;

    public IReadOnlyList<MacroParameter> Parameters { get; } = parameters;

    public BodyNode Body { get; } = body;

    public bool UsesCaller { get; } = names.Caller;

    public bool UsesKwargs { get; } = names.Kwargs;

    public bool UsesVarargs { get; } = names.Varargs;

    /// <summary>Sets the parameters in the scope of a call.</summary>
    public void Bind(RenderContext context, Scope scope, Arguments arguments)
    {
        List<KeyValuePair<string, Value>> named = [.. arguments.Named];
        for (int i = 0; i < Parameters.Count; i++)
        {
            MacroParameter parameter = Parameters[i];
            Value? given = i < arguments.Positional.Count ? arguments.Positional[i] : Take(named, parameter.Name);
            scope.Set(parameter.Name, given ?? new UndefinedValue($"parameter '{parameter.Name}' was not provided"));
            if (given is null && parameter.WhenAbsent is not null)
            {
                // Evaluated within the macro: a default sees the parameters before it, and its own name is undefined.
                scope.Set(parameter.Name, parameter.WhenAbsent.Evaluate(context, scope));
            }
        }

        if (UsesCaller && !HasParameter("caller"))
        {
            scope.Set("caller", Take(named, "caller") ?? new UndefinedValue("No caller defined"));
        }

        BindRest(scope, named, arguments.Positional);
    }

    private void BindRest(Scope scope, List<KeyValuePair<string, Value>> named, IReadOnlyList<Value> positional)
    {
        if (UsesKwargs && !HasParameter("kwargs"))
        {
            var rest = new DictValue();
            named.ForEach(argument => rest.Set(argument.Key, argument.Value));
            scope.Set("kwargs", rest);
        }
        else if (named.Count > 0)
        {
            throw ChatTemplateException.Type(named.Exists(argument => argument.Key == "caller")
                ? $"macro '{Name}' was invoked with two values for the special caller argument. This is most likely a bug."
                : $"macro '{Name}' takes no keyword argument '{named[0].Key}'");
        }

        if (UsesVarargs && !HasParameter("varargs"))
        {
            scope.Set("varargs", new TupleValue([.. positional.Skip(Parameters.Count)]));
        }
        else if (positional.Count > Parameters.Count)
        {
            throw ChatTemplateException.Type($"macro '{Name}' takes not more than {Parameters.Count} argument(s)");
        }
    }

    private bool HasParameter(string name) => Parameters.Any(parameter => parameter.Name == name);

    private static Value? Take(List<KeyValuePair<string, Value>> named, string name)
    {
        int at = named.FindIndex(argument => argument.Key == name);
        if (at < 0)
        {
            return null;
        }

        Value value = named[at].Value;
        named.RemoveAt(at);
        return value;
    }
}
