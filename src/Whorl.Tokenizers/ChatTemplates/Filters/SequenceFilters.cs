using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filters that take sequences apart or put them together.</summary>
internal static class SequenceFilters
{
    public static Value Length(FilterCall call)
    {
        call.Arguments.Bind("length", 0);
        return IntValue.Of(call.Value.RequireLength());
    }

    public static Value First(FilterCall call)
    {
        call.Arguments.Bind("first", 0);
        return call.Items.FirstOrDefault() ?? new UndefinedValue("No first item, sequence was empty.");
    }

    public static Value Last(FilterCall call)
    {
        call.Arguments.Bind("last", 0);
        IEnumerable<Value> reversed = call.Value is UndefinedValue ? [] : call.Value.Reversed
            ?? throw ChatTemplateException.Type($"'{call.Value.TypeName}' object is not reversible");
        return reversed.FirstOrDefault() ?? new UndefinedValue("No last item, sequence was empty.");
    }

    /// <summary>Any item. Renderings are repeatable here, so it is always the first.</summary>
    public static Value Random(FilterCall call)
    {
        call.Arguments.Bind("random", 0);
        return call.Value.RequireLength() == 0
            ? new UndefinedValue("No random item, sequence was empty.")
            : call.Value.Item(IntValue.Of(0)) ?? throw ChatTemplateException.Value("KeyError: 0");
    }

    public static Value Join(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("join", 0, "d", "attribute");
        string separator = bound[0]?.Text ?? "";
        Func<Value, Value> read = Attributes.Path(bound[1]);
        var joined = new StringBuilder();
        bool first = true;
        foreach (Value item in call.Items)
        {
            joined.Append(first ? "" : separator).Append(read(item).Text);
            RenderBudget.Allocate(joined.Length);
            first = false;
        }

        return new StrValue(joined.ToString());
    }

    public static Value List(FilterCall call)
    {
        call.Arguments.Bind("list", 0);
        RenderBudget.Allocate(call.Value.Length ?? 0);
        return new ListValue([.. call.Items]);
    }

    public static Value Items(FilterCall call)
    {
        call.Arguments.Bind("items", 0);
        return call.Value switch
        {
            DictValue dict => new GeneratorValue(dict.Entries.Select(DictValue.AsTuple)),
            UndefinedValue => new GeneratorValue([]),
            _ => throw ChatTemplateException.Type("Can only get item pairs from a mapping."),
        };
    }

    public static Value Reverse(FilterCall call)
    {
        call.Arguments.Bind("reverse", 0);
        return call.Value switch
        {
            StrValue text => text.With(string.Concat(text.Reversed.Select(character => character.Text))),
            { Reversed: { } reversed } => new GeneratorValue(reversed, call.Value.TypeName + "_reverseiterator"),
            { Elements: { } elements } => new ListValue([.. elements.Reverse()]),
            _ => throw ChatTemplateException.Runtime("argument must be iterable"),
        };
    }

    public static Value Batch(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("batch", 1, "linecount", "fill_with");
        int size = Arguments.Clamped(bound[0], 0);
        return new GeneratorValue(Batches(call.Items, size, bound[1] is NoneValue ? null : bound[1]));
    }

    public static Value Slice(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("slice", 1, "slices", "fill_with");
        int slices = Arguments.Clamped(bound[0], 0);
        return new GeneratorValue(Slices([.. call.Items], slices, bound[1] is NoneValue ? null : bound[1]));
    }

    public static Value Sum(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("sum", 0, "attribute", "start");
        Value sum = bound[1] ?? IntValue.Of(0);
        if (sum is StrValue)
        {
            throw ChatTemplateException.Type("sum() can't sum strings [use ''.join(seq) instead]");
        }

        Func<Value, Value> read = Attributes.Path(bound[0]);
        return call.Items.Aggregate(sum, (total, item) => Arithmetic.Add(total, read(item)));
    }

    private static IEnumerable<Value> Batches(IEnumerable<Value> items, int size, Value? fill)
    {
        var batch = new List<Value>();
        foreach (Value item in items)
        {
            if (batch.Count == size)
            {
                yield return new ListValue(batch);
                batch = [];
            }

            batch.Add(item);
        }

        if (batch.Count > 0)
        {
            while (fill is not null && batch.Count < size)
            {
                RenderBudget.Allocate(batch.Count + 1);
                batch.Add(fill);
            }

            yield return new ListValue(batch);
        }
    }

    private static IEnumerable<Value> Slices(List<Value> items, int slices, Value? fill)
    {
        if (slices == 0)
        {
            throw ChatTemplateException.Value("integer division or modulo by zero");
        }

        (int size, int longer) = Math.DivRem(items.Count, slices);
        int start = 0;
        for (int i = 0; i < slices; i++)
        {
            int count = size + (i < longer ? 1 : 0);
            List<Value> slice = items.GetRange(start, count);
            start += count;
            if (fill is not null && i >= longer)
            {
                slice.Add(fill);
            }

            yield return new ListValue(slice);
        }
    }
}
