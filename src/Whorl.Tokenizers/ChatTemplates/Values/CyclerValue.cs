namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>cycler(...)</c>: gives its items in turn, again and again.</summary>
internal sealed class CyclerValue : Value
{
    private readonly IReadOnlyList<Value> _items;
    private int _position;

    public CyclerValue(IReadOnlyList<Value> items) =>
        _items = items.Count > 0 ? items : throw ChatTemplateException.Runtime("at least one item has to be provided");

    public override string TypeName => "Cycler";

    public override Value? Attribute(string name) => name switch
    {
        "next" => new FunctionValue(name, (_, arguments) => Call(arguments, name, Next)),
        "reset" => new FunctionValue(name, (_, arguments) => Call(arguments, name, Reset)),
        "current" => _items[_position],
        "items" => new TupleValue(_items),
        "pos" => IntValue.Of(_position),
        _ => null,
    };

    public override void WriteRepr(OutputBuffer output) => output.Append("<Cycler object>");

    private static Value Call(Arguments arguments, string name, Func<Value> method)
    {
        arguments.Bind(name, 0);
        return method();
    }

    private Value Next()
    {
        Value item = _items[_position];
        _position = (_position + 1) % _items.Count;
        return item;
    }

    private NoneValue Reset()
    {
        _position = 0;
        return NoneValue.Instance;
    }
}
