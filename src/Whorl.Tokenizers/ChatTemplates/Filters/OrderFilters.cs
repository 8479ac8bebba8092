namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filters that sort, group and compare elements.</summary>
internal static class OrderFilters
{
    public static Value Sort(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("sort", 0, "reverse", "case_sensitive", "attribute");
        bool caseSensitive = bound[1]?.IsTrue ?? false;
        Value?[] paths = bound[2] is StrValue text ? [.. text.Text.Split(',').Select(path => new StrValue(path))] : [bound[2]];
        Func<Value, Value>[] readers = [.. paths.Select(path => Reader(path, caseSensitive))];
        return new ListValue(Sorting.Sort(
            call.Items, item => new ListValue([.. readers.Select(read => read(item))]), bound[0]?.IsTrue ?? false));
    }

    public static Value DictSort(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("dictsort", 0, "case_sensitive", "by", "reverse");
        string by = bound[1]?.Text ?? "key";
        int position = by switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw ChatTemplateException.Runtime("You can only sort by either \"key\" or \"value\""),
        };
        DictValue dict = call.Value switch
        {
            DictValue given => given,
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw ChatTemplateException.Type($"'{call.Value.TypeName}' object has no attribute 'items'"),
        };
        Func<Value, Value> read = Reader(IntValue.Of(position), bound[0]?.IsTrue ?? false);
        return new ListValue(Sorting.Sort(dict.Entries.Select(DictValue.AsTuple), read, bound[2]?.IsTrue ?? false));
    }

    public static Value Min(FilterCall call) => Extreme(call, "min", (item, best) => Comparison.IsLess(item, best));

    public static Value Max(FilterCall call) => Extreme(call, "max", (item, best) => Comparison.IsGreater(item, best));

    public static Value Unique(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("unique", 0, "case_sensitive", "attribute");
        Func<Value, Value> read = Reader(bound[1], bound[0]?.IsTrue ?? false);
        return new GeneratorValue(Distinct(call.Items, read));
    }

    /// <summary>Pairs of a value (<c>grouper</c>) and the items that have it (<c>list</c>), sorted by the value.</summary>
    public static Value GroupBy(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("groupby", 1, "attribute", "default", "case_sensitive");
        Value? whenMissing = bound[1] is NoneValue ? null : bound[1];
        Func<Value, Value> read = Reader(bound[0], bound[2]?.IsTrue ?? false, whenMissing);
        Func<Value, Value> readExactly = Attributes.Path(bound[0], whenMissing);
        var groups = new List<(Value Key, List<Value> Items)>();
        foreach (Value item in Sorting.Sort(call.Items, read, reverse: false))
        {
            Value key = read(item);
            if (groups.Count == 0 || !Comparison.AreEqual(groups[^1].Key, key))
            {
                groups.Add((key, []));
            }

            groups[^1].Items.Add(item);
        }

        return new ListValue([.. groups.Select(group =>
            new TupleValue([readExactly(group.Items[0]), new ListValue(group.Items)], ["grouper", "list"]))]);
    }

    private static Value Extreme(FilterCall call, string name, Func<Value, Value, bool> isBetter)
    {
        Value?[] bound = call.Arguments.Bind(name, 0, "case_sensitive", "attribute");
        Func<Value, Value> read = Reader(bound[1], bound[0]?.IsTrue ?? false);
        Value? best = null;
        Value? bestKey = null;
        foreach (Value item in call.Items)
        {
            Value key = read(item);
            if (bestKey is null || isBetter(key, bestKey))
            {
                (best, bestKey) = (item, key);
            }
        }

        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }

    private static IEnumerable<Value> Distinct(IEnumerable<Value> items, Func<Value, Value> read)
    {
        var seen = new HashSet<Value>(ValueComparer.Instance);
        foreach (Value item in items)
        {
            if (seen.Add(read(item)))
            {
                yield return item;
            }
        }
    }

    private static Func<Value, Value> Reader(Value? path, bool caseSensitive, Value? whenMissing = null)
    {
        Func<Value, Value> read = Attributes.Path(path, whenMissing);
        return caseSensitive ? read : value => read(value) is StrValue text ? text.With(PythonCase.Lower(text.Text)) : read(value);
    }
}
