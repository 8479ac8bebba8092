namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The variable <c>loop</c>: where a for statement stands. It looks ahead no further than it is asked to.</summary>
internal sealed class Loop(Value iterable, IEnumerable<Value> items, bool filtered, int depth, Func<Value, int, Value>? recurse) : Value
{
    private IEnumerator<Value> _items = items.GetEnumerator();
    private int? _length = filtered ? null : iterable.Length;
    private int _index = -1;
    private Value? _previous;
    private Value? _current;
    private Value? _next;
    private IReadOnlyList<Value>? _lastChanged;

    public override string TypeName => "LoopContext";

    public override bool IsCallable => true;

    public override int? Length => CountItems();

    public override IEnumerable<Value>? Elements => null;

    /// <summary>Goes to the next item.</summary>
    /// <returns>The item, or null behind the last.</returns>
    public Value? Advance()
    {
        Value? item = Peek();
        if (item is null)
        {
            return null;
        }

        _next = null;
        _index++;
        _previous = _current;
        return _current = item;
    }

    public override Value? Attribute(string name) => name switch
    {
        "index" => IntValue.Of(_index + 1),
        "index0" => IntValue.Of(_index),
        "revindex" => IntValue.Of(CountItems() - _index),
        "revindex0" => IntValue.Of(CountItems() - _index - 1),
        "first" => BoolValue.Of(_index == 0),
        "last" => BoolValue.Of(Peek() is null),
        "length" => IntValue.Of(CountItems()),
        "depth" => IntValue.Of(depth + 1),
        "depth0" => IntValue.Of(depth),
        "previtem" => _index == 0 ? new UndefinedValue("there is no previous item") : _previous,
        "nextitem" => Peek() ?? new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue("cycle", (_, arguments) => Cycle(arguments)),
        "changed" => new FunctionValue("changed", (_, arguments) => Changed(arguments)),
        _ => null,
    };

    public override Value Call(RenderContext context, Arguments arguments)
    {
        Value inner = arguments.Bind("__call__", 1, "iterable")[0]!;
        return recurse is null
            ? throw ChatTemplateException.Type("The loop must have the 'recursive' marker to be called recursively.")
            : recurse(inner, depth + 1);
    }

    public override void WriteRepr(OutputBuffer output) => output.Append($"<LoopContext {_index + 1}/{CountItems()}>");

    private Value? Peek()
    {
        if (_next is null && _items.MoveNext())
        {
            RenderBudget.Step();
            _next = _items.Current;
        }

        return _next;
    }

    private int CountItems()
    {
        if (_length is null)
        {
            var rest = new List<Value>();
            while (_items.MoveNext())
            {
                RenderBudget.Step();
                rest.Add(_items.Current);
            }

            _items = rest.GetEnumerator();
            _length = rest.Count + _index + 1 + (_next is null ? 0 : 1);
        }

        return _length.Value;
    }

    private Value Cycle(Arguments arguments) => arguments.Positional.Count == 0
        ? throw ChatTemplateException.Type("no items for cycling given")
        : arguments.Positional[_index % arguments.Positional.Count];

    private BoolValue Changed(Arguments arguments)
    {
        bool changed = _lastChanged is null || !Comparison.AreEqual(_lastChanged, arguments.Positional);
        _lastChanged = arguments.Positional;
        return BoolValue.Of(changed);
    }
}
