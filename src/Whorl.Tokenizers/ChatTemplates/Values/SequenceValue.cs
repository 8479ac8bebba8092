using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What lists and tuples share.</summary>
internal abstract class SequenceValue(IReadOnlyList<Value> items) : Value
{
    public IReadOnlyList<Value> Items { get; } = items;

    public override bool IsTrue => Items.Count > 0;

    public override int? Length => Items.Count;

    public override IEnumerable<Value> Elements => Items;

    public override IEnumerable<Value> Reversed => Items.Reverse();

    /// <summary>A sequence of the same type with other items.</summary>
    public abstract SequenceValue With(IReadOnlyList<Value> items);

    public override Value? Item(Value key) =>
        Numbers.TryInteger(key, out BigInteger index) && Slicing.TryIndex(index, Items.Count, out int at) ? Items[at] : null;

    public override Value? Attribute(string name) => name switch
    {
        "count" => new FunctionValue(name, (_, arguments) => Count(arguments.Bind(name, 1, "value")[0]!)),
        "index" => new FunctionValue(name, (_, arguments) => IndexOf(arguments.Bind(name, 1, "value", "start", "stop"))),
        _ => null,
    };

    protected void WriteItems(OutputBuffer output)
    {
        RenderBudget.Step(Items.Count);
        for (int i = 0; i < Items.Count; i++)
        {
            output.Append(i == 0 ? "" : ", ");
            Items[i].WriteRepr(output);
        }
    }

    private IntValue Count(Value wanted) => IntValue.Of(Items.Count(item => Comparison.AreEqual(item, wanted)));

    private IntValue IndexOf(Value?[] arguments)
    {
        (int start, int end) = Slicing.Window(arguments[1], arguments[2], Items.Count);
        for (int i = start; i < end; i++)
        {
            if (Comparison.AreEqual(Items[i], arguments[0]!))
            {
                return IntValue.Of(i);
            }
        }

        throw ChatTemplateException.Value($"{arguments[0]!.Repr()} is not in {TypeName}");
    }
}
