namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A list. Nothing a template can do changes it.</summary>
internal sealed class ListValue(IReadOnlyList<Value> items) : SequenceValue(items)
{
    private static readonly HashSet<string> Mutators = ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"];

    public override string TypeName => "list";

    public override ListValue With(IReadOnlyList<Value> items) => new(items);

    public override Value? Attribute(string name) => name switch
    {
        "copy" => new FunctionValue(name, (_, _) => this),
        _ => Mutators.Contains(name) ? UndefinedValue.Unsafe(this, name) : base.Attribute(name),
    };

    public override void WriteRepr(OutputBuffer output)
    {
        output.Append("[");
        WriteItems(output);
        output.Append("]");
    }
}
