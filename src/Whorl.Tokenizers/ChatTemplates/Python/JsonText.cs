using System.Globalization;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's <c>json.dumps</c>.</summary>
internal sealed class JsonText
{
    private readonly OutputBuffer _output = new(RenderBudget.MaxLength);

    /// <summary>What each level is indented by; null for everything on one line.</summary>
    public string? Indent { get; init; }

    public string ItemSeparator { get; init; } = ", ";

    public string KeySeparator { get; init; } = ": ";

    /// <summary>Whether characters beyond ASCII are escaped.</summary>
    public bool EnsureAscii { get; init; }

    public bool SortKeys { get; init; }

    public string Write(Value value)
    {
        Write(value, 0);
        return _output.ToString();
    }

    private void Write(Value value, int level)
    {
        RenderBudget.Step();
        switch (value)
        {
            case StrValue text:
                WriteString(text.Text);
                break;
            case NoneValue or BoolValue or IntValue or FloatValue:
                _output.Append(Scalar(value));
                break;
            case SequenceValue { Items.Count: 0 }:
                _output.Append("[]");
                break;
            case DictValue { Entries.Count: 0 }:
                _output.Append("{}");
                break;
            case SequenceValue sequence:
                WriteAll('[', sequence.Items, ']', level, item => Write(item, level + 1));
                break;
            case DictValue dict:
                WriteAll('{', Ordered(dict), '}', level, entry => WriteEntry(entry, level + 1));
                break;
            default:
                throw ChatTemplateException.Type($"Object of type {value.TypeName} is not JSON serializable");
        }
    }

    private void WriteAll<T>(char open, IEnumerable<T> items, char close, int level, Action<T> write)
    {
        _output.Append(open);
        bool first = true;
        foreach (T item in items)
        {
            _output.Append(first ? "" : ItemSeparator);
            WriteLineBreak(level + 1);
            write(item);
            first = false;
        }

        WriteLineBreak(level);
        _output.Append(close);
    }

    private void WriteLineBreak(int level)
    {
        if (Indent is null)
        {
            return;
        }

        _output.Append('\n');
        for (int i = 0; i < level; i++)
        {
            _output.Append(Indent);
        }
    }

    private IEnumerable<KeyValuePair<Value, Value>> Ordered(DictValue dict) => !SortKeys
        ? dict.Entries
        : Sorting.Sort(dict.Elements, key => key, reverse: false).Select(key => KeyValuePair.Create(key, dict.Find(key)!));

    private void WriteEntry(KeyValuePair<Value, Value> entry, int level)
    {
        WriteString(entry.Key switch
        {
            StrValue text => text.Text,
            NoneValue or BoolValue or IntValue or FloatValue => Scalar(entry.Key),
            _ => throw ChatTemplateException.Type($"keys must be str, int, float, bool or None, not {entry.Key.TypeName}"),
        });
        _output.Append(KeySeparator);
        Write(entry.Value, level);
    }

    private static string Scalar(Value value) => value switch
    {
        NoneValue => "null",
        BoolValue flag => flag.Value ? "true" : "false",
        FloatValue { Value: double.NaN } => "NaN",
        FloatValue { Value: double.PositiveInfinity } => "Infinity",
        FloatValue { Value: double.NegativeInfinity } => "-Infinity",
        _ => value.Text,
    };

    private void WriteString(string text)
    {
        _output.Append('"');
        foreach (char character in text)
        {
            switch (character)
            {
                case '"' or '\\':
                    _output.Append('\\');
                    _output.Append(character);
                    break;
                case '\n':
                    _output.Append("\\n");
                    break;
                case '\r':
                    _output.Append("\\r");
                    break;
                case '\t':
                    _output.Append("\\t");
                    break;
                case '\b':
                    _output.Append("\\b");
                    break;
                case '\f':
                    _output.Append("\\f");
                    break;
                default:
                    if (character < ' ' || (EnsureAscii && character > '~'))
                    {
                        _output.Append("\\u" + ((int)character).ToString("x4", CultureInfo.InvariantCulture));
                    }
                    else
                    {
                        _output.Append(character);
                    }

                    break;
            }
        }

        _output.Append('"');
    }
}
