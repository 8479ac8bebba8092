namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filters that apply another filter or a test to each element. Their results are made as they are asked for.</summary>
internal static class SelectionFilters
{
    public static Value Map(FilterCall call) => new GeneratorValue(Mapped(call));

    /// <summary>The elements for which a test holds (or does not): of the element, or of one of its attributes.</summary>
    public static Value Select(FilterCall call, bool ofAttribute, bool keepWhen) =>
        new GeneratorValue(Selected(call, ofAttribute, keepWhen));

    private static IEnumerable<Value> Mapped(FilterCall call)
    {
        if (!call.Value.IsTrue)
        {
            yield break;
        }

        Func<Value, Value> map = Mapping(call);
        foreach (Value item in call.Items)
        {
            yield return map(item);
        }
    }

    private static Func<Value, Value> Mapping(FilterCall call)
    {
        Arguments arguments = call.Arguments;
        if (arguments.Positional.Count == 0 && arguments.FindNamed("attribute") is not null)
        {
            Value?[] bound = arguments.Bind("map", 0, "attribute", "default");
            return Attributes.Path(bound[0], bound[1] is NoneValue ? null : bound[1]);
        }

        if (arguments.Positional.Count == 0)
        {
            throw ChatTemplateException.Runtime("map requires a filter argument");
        }

        string filter = Arguments.String(arguments.Positional[0], "map").Text;
        Arguments rest = arguments.Skip(1);
        return item => TemplateFilters.Apply(filter, new FilterCall(call.Context, item, rest));
    }

    private static IEnumerable<Value> Selected(FilterCall call, bool ofAttribute, bool keepWhen)
    {
        if (!call.Value.IsTrue)
        {
            yield break;
        }

        Func<Value, bool> holds = Condition(call.Arguments, ofAttribute);
        foreach (Value item in call.Items)
        {
            if (holds(item) == keepWhen)
            {
                yield return item;
            }
        }
    }

    private static Func<Value, bool> Condition(Arguments arguments, bool ofAttribute)
    {
        if (ofAttribute && arguments.Positional.Count == 0)
        {
            throw ChatTemplateException.Runtime("Missing parameter for attribute name");
        }

        Func<Value, Value> read = Attributes.Path(ofAttribute ? arguments.Positional[0] : null);
        Arguments rest = arguments.Skip(ofAttribute ? 1 : 0);
        if (rest.Positional.Count == 0)
        {
            return item => read(item).IsTrue;
        }

        string test = Arguments.String(rest.Positional[0], "select").Text;
        Arguments testArguments = rest.Skip(1);
        return item => TemplateTests.Apply(test, read(item), testArguments);
    }
}
