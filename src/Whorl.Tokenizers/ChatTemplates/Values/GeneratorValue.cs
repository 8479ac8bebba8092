namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Elements made one by one as they are asked for, and only once: what map, select and their like give.</summary>
internal sealed class GeneratorValue(IEnumerable<Value> elements, string typeName = "generator") : Value
{
    private readonly IEnumerator<Value> _elements = elements.GetEnumerator();

    public override string TypeName => typeName;

    public override IEnumerable<Value> Elements
    {
        get
        {
            while (_elements.MoveNext())
            {
                RenderBudget.Step();
                yield return _elements.Current;
            }
        }
    }

    public override void WriteRepr(OutputBuffer output) => output.Append($"<{typeName} object>");
}
