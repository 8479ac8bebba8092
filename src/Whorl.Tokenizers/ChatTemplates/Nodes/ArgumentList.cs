namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The arguments of a call, as written.</summary>
/// <param name="positional">Those by position.</param>
/// <param name="named">Those by name.</param>
/// <param name="spreadList">What stands behind <c>*</c>; may be null.</param>
/// <param name="spreadDict">What stands behind <c>**</c>; may be null.</param>
internal sealed class ArgumentList(
    IReadOnlyList<Expression> positional,
    IReadOnlyList<(string Name, Expression Value)> named,
    Expression? spreadList,
    Expression? spreadDict)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);

    /// <summary>Computes the arguments; <paramref name="caller"/> is one more by that name, unless null.</summary>
    public Arguments Evaluate(RenderContext context, Scope scope, Value? caller = null)
    {
        var values = new List<Value>(positional.Count);
        foreach (Expression argument in positional)
        {
            values.Add(argument.Evaluate(context, scope));
        }

        if (spreadList is not null)
        {
            foreach (Value value in spreadList.Evaluate(context, scope).Enumerate())
            {
                RenderBudget.Step();
                values.Add(value);
            }
        }

        var byName = new List<KeyValuePair<string, Value>>();
        foreach ((string name, Expression value) in named)
        {
            Add(byName, name, value.Evaluate(context, scope));
        }

        if (caller is not null)
        {
            Add(byName, "caller", caller);
        }

        if (spreadDict is not null)
        {
            DictValue dict = spreadDict.Evaluate(context, scope) as DictValue
                ?? throw ChatTemplateException.Type("argument after ** must be a mapping");
            foreach ((Value key, Value value) in dict.Entries)
            {
                Add(byName, key is StrValue name ? name.Text : throw ChatTemplateException.Type("keywords must be strings"), value);
            }
        }

        return new Arguments(values, byName);
    }

    private static void Add(List<KeyValuePair<string, Value>> byName, string name, Value value)
    {
        if (byName.Exists(argument => argument.Key == name))
        {
            throw ChatTemplateException.Type($"got multiple values for keyword argument '{name}'");
        }

        byName.Add(KeyValuePair.Create(name, value));
    }
}
