namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What a dictionary's keys(), values() and items() give.</summary>
internal sealed class DictViewValue(string typeName, DictValue dict, Func<KeyValuePair<Value, Value>, Value> select) : Value
{
    public override string TypeName => typeName;

    public override bool IsTrue => dict.IsTrue;

    public override int? Length => dict.Length;

    public override IEnumerable<Value> Elements => dict.Entries.Select(select);

    public override IEnumerable<Value> Reversed => dict.Entries.Reverse().Select(select);

    public override void WriteRepr(OutputBuffer output)
    {
        output.Append(typeName + "(");
        new ListValue([.. Elements]).WriteRepr(output);
        output.Append(")");
    }
}
