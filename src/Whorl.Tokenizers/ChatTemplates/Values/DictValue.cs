namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A dictionary in the order of insertion. It is filled while it is made; nothing a template can do changes it.</summary>
internal sealed class DictValue : Value
{
    private static readonly HashSet<string> Mutators = ["clear", "pop", "popitem", "setdefault", "update"];
    private readonly OrderedDictionary<Value, Value> _entries = new(ValueComparer.Instance);

    public override string TypeName => "dict";

    public override bool IsTrue => _entries.Count > 0;

    public override int? Length => _entries.Count;

    public IReadOnlyList<KeyValuePair<Value, Value>> Entries => _entries;

    public override IEnumerable<Value> Elements => _entries.Keys;

    public override IEnumerable<Value> Reversed => _entries.Keys.Reverse();

    public void Set(string key, Value value) => _entries[new StrValue(key)] = value;

    public void Set(Value key, Value value) => _entries[key] = value;

    public Value? Find(string key) => _entries.GetValueOrDefault(new StrValue(key));

    /// <summary>The value under a key, or null.</summary>
    /// <exception cref="ChatTemplateException">The key is of a type that cannot be hashed.</exception>
    public Value? Find(Value key) => _entries.GetValueOrDefault(key);

    public override Value? Item(Value key) => ValueComparer.IsHashable(key) ? Find(key) : null;

    public override Value? Attribute(string name) => name switch
    {
        "keys" => new FunctionValue(name, (_, arguments) => View("dict_keys", arguments, entry => entry.Key)),
        "values" => new FunctionValue(name, (_, arguments) => View("dict_values", arguments, entry => entry.Value)),
        "items" => new FunctionValue(name, (_, arguments) => View("dict_items", arguments, AsTuple)),
        "get" => new FunctionValue(name, (_, arguments) => Get(arguments.Bind(name, 1, "key", "default"))),
        "copy" => new FunctionValue(name, (_, _) => this),
        "fromkeys" => new FunctionValue(name, (_, arguments) => FromKeys(arguments.Bind(name, 1, "iterable", "value"))),
        _ => Mutators.Contains(name) ? UndefinedValue.Unsafe(this, name) : null,
    };

    /// <summary>An entry as the pair that iterating over <c>items()</c> yields.</summary>
    public static Value AsTuple(KeyValuePair<Value, Value> entry) => new TupleValue([entry.Key, entry.Value]);

    public override void WriteRepr(OutputBuffer output)
    {
        RenderBudget.Step(_entries.Count);
        output.Append("{");
        string separator = "";
        foreach ((Value key, Value value) in _entries)
        {
            output.Append(separator);
            key.WriteRepr(output);
            output.Append(": ");
            value.WriteRepr(output);
            separator = ", ";
        }

        output.Append("}");
    }

    private DictViewValue View(string typeName, Arguments arguments, Func<KeyValuePair<Value, Value>, Value> select)
    {
        arguments.Bind(typeName[5..], 0);
        return new DictViewValue(typeName, this, select);
    }

    private Value Get(Value?[] arguments) => Find(arguments[0]!) ?? arguments[1] ?? NoneValue.Instance;

    private static DictValue FromKeys(Value?[] arguments)
    {
        var dict = new DictValue();
        foreach (Value key in arguments[0]!.Enumerate())
        {
            RenderBudget.Step();
            dict.Set(key, arguments[1] ?? NoneValue.Instance);
        }

        return dict;
    }
}
