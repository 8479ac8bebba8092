namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filter <c>pprint</c>: Python's pprint, which sorts keys and breaks what is wider than 80 columns.</summary>
internal sealed class PrettyPrint
{
    private const int Width = 80;
    private readonly OutputBuffer _output = new(RenderBudget.MaxLength);

    public static Value Apply(FilterCall call)
    {
        call.Arguments.Bind("pprint", 0);
        var printer = new PrettyPrint();
        printer.Write(call.Value, indent: 0, allowance: 0);
        return new StrValue(printer._output.ToString());
    }

    private void Write(Value value, int indent, int allowance)
    {
        RenderBudget.Step();
        string line = OnOneLine(value);
        if (new StrValue(line).CodePoints <= Width - indent - allowance || value is not (DictValue or SequenceValue))
        {
            _output.Append(line);
            return;
        }

        if (value is DictValue dict)
        {
            WriteDict(dict, indent, allowance);
            return;
        }

        var sequence = (SequenceValue)value;
        bool isTuple = value is TupleValue;
        string close = isTuple ? (sequence.Items.Count == 1 ? ",)" : ")") : "]";
        _output.Append(isTuple ? "(" : "[");
        for (int i = 0; i < sequence.Items.Count; i++)
        {
            bool isLast = i == sequence.Items.Count - 1;
            Write(sequence.Items[i], indent + 1, isLast ? allowance + close.Length : 1);
            _output.Append(isLast ? close : ",\n" + new string(' ', indent + 1));
        }
    }

    private void WriteDict(DictValue dict, int indent, int allowance)
    {
        _output.Append("{");
        Value[] keys = [.. SortedKeys(dict)];
        for (int i = 0; i < keys.Length; i++)
        {
            bool isLast = i == keys.Length - 1;
            string key = OnOneLine(keys[i]);
            _output.Append(key + ": ");
            Write(dict.Find(keys[i])!, indent + 1 + new StrValue(key).CodePoints + 2, isLast ? allowance + 1 : 1);
            _output.Append(isLast ? "}" : ",\n" + new string(' ', indent + 1));
        }
    }

    private static string OnOneLine(Value value) => value switch
    {
        DictValue dict => "{" + string.Join(", ", SortedKeys(dict).Select(key => $"{OnOneLine(key)}: {OnOneLine(dict.Find(key)!)}")) + "}",
        ListValue list => "[" + string.Join(", ", list.Items.Select(OnOneLine)) + "]",
        TupleValue { Items: [var single] } => $"({OnOneLine(single)},)",
        TupleValue tuple => "(" + string.Join(", ", tuple.Items.Select(OnOneLine)) + ")",
        _ => value.Repr(),
    };

    // Keys of unlike types have no order of their own; pprint takes that of their types' names.
    private static List<Value> SortedKeys(DictValue dict)
    {
        RenderBudget.Step();
        bool comparable = dict.Elements.All(key => key is StrValue) || dict.Elements.All(Numbers.IsNumber);
        return Sorting.Sort(dict.Elements, key => comparable ? key : new StrValue(key.TypeName + key.Repr()), reverse: false);
    }
}
