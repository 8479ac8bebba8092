namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The one thing a template can change: <c>namespace(...)</c>, whose attributes outlive the loop that sets them.</summary>
internal sealed class NamespaceValue : Value
{
    private readonly DictValue _attributes = new();

    public NamespaceValue(DictValue initial)
    {
        foreach ((Value key, Value value) in initial.Entries)
        {
            Set(key is StrValue name ? name.Text : key.Text, value);
        }
    }

    public override string TypeName => "Namespace";

    public void Set(string name, Value value)
    {
        if (name.StartsWith('_'))
        {
            throw ChatTemplateException.Security(
                "Chat templates cannot store underscore-prefixed attributes on a namespace, "
                + $"but got {PythonText.Quote(name)}. Please rename the attribute.");
        }

        _attributes.Set(name, value);
    }

    public override Value? Attribute(string name) => _attributes.Find(name);

    public override void WriteRepr(OutputBuffer output)
    {
        RenderBudget.Step();
        output.Append("<Namespace ");
        _attributes.WriteRepr(output);
        output.Append(">");
    }
}
