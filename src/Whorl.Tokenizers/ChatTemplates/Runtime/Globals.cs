namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The functions every template sees.</summary>
internal static class Globals
{
    private const int MaxRange = 100_000;

    /// <summary>The outermost scope of every rendering; nothing is ever set in it.</summary>
    public static Scope Scope { get; } = Create();

    private static Scope Create()
    {
        var scope = new Scope(null);
        Add(scope, "range", Range);
        Add(scope, "dict", (_, arguments) => DictFrom(arguments, "dict"));
        Add(scope, "namespace", (_, arguments) => new NamespaceValue(DictFrom(arguments, "namespace")));
        Add(scope, "cycler", (_, arguments) => new CyclerValue(arguments.Positional));
        Add(scope, "joiner", (_, arguments) => new JoinerValue(arguments.Bind("joiner", 0, "sep")[0] ?? new StrValue(", ")));
        Add(scope, "raise_exception", RaiseException);
        Add(scope, "strftime_now", StrftimeNow);
        Add(scope, "lipsum", (_, _) => throw ChatTemplateException.Runtime("lipsum makes random text and is not offered here"));
        return scope;
    }

    private static void Add(Scope scope, string name, Func<RenderContext, Arguments, Value> function) =>
        scope.Set(name, new FunctionValue(name, function));

    private static RangeValue Range(RenderContext context, Arguments arguments)
    {
        if (arguments.Named.Count > 0 || arguments.Positional.Count is < 1 or > 3)
        {
            throw ChatTemplateException.Type($"range expected 1 to 3 arguments, got {arguments.Positional.Count}");
        }

        var range = RangeValue.Create([.. arguments.Positional.Select(argument => Arguments.Integer(argument, 0))]);
        return range.Count <= MaxRange ? range : throw ChatTemplateException.Value(
            $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange}).");
    }

    private static DictValue DictFrom(Arguments arguments, string function)
    {
        var dict = new DictValue();
        if (arguments.Positional.Count > 1)
        {
            throw ChatTemplateException.Type($"{function} expected at most 1 argument, got {arguments.Positional.Count}");
        }

        if (arguments.Positional is [DictValue source])
        {
            foreach ((Value key, Value value) in source.Entries)
            {
                dict.Set(key, value);
            }
        }
        else if (arguments.Positional is [UndefinedValue undefined])
        {
            throw undefined.Error();
        }
        else if (arguments.Positional is [{ } pairs])
        {
            foreach (Value pair in pairs.Enumerate())
            {
                Value[] items = [.. pair.Enumerate()];
                dict.Set(items.Length == 2 ? items[0] : throw ChatTemplateException.Value(
                    $"dictionary update sequence element has length {items.Length}; 2 is required"), items[1]);
            }
        }

        foreach ((string key, Value value) in arguments.Named)
        {
            dict.Set(key, value);
        }

        return dict;
    }

    private static Value RaiseException(RenderContext context, Arguments arguments) =>
        throw new ChatTemplateException(
            ChatTemplateErrorKind.Raised, arguments.Bind("raise_exception", 1, "message")[0]!.Text, context.Line);

    private static StrValue StrftimeNow(RenderContext context, Arguments arguments) =>
        new(Strftime.Format(arguments.Bind("strftime_now", 1, "format")[0]!.Text, context.Clock.GetLocalNow()));
}
