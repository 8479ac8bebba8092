namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A tuple, which unlike a list can be a dictionary's key.</summary>
/// <param name="items">The elements.</param>
/// <param name="names">Names under which the elements can be read as attributes (groupby's results have them); may be null.</param>
internal sealed class TupleValue(IReadOnlyList<Value> items, IReadOnlyList<string>? names = null) : SequenceValue(items)
{
    public override string TypeName => "tuple";

    public override TupleValue With(IReadOnlyList<Value> items) => new(items);

    public override Value? Attribute(string name)
    {
        for (int i = 0; names is not null && i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return Items[i];
            }
        }

        return base.Attribute(name);
    }

    public override void WriteRepr(OutputBuffer output)
    {
        output.Append("(");
        WriteItems(output);
        output.Append(Items.Count == 1 ? ",)" : ")");
    }
}
