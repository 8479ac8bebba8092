namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's None, JSON's null.</summary>
internal sealed class NoneValue : Value
{
    private NoneValue()
    {
    }

    public static NoneValue Instance { get; } = new();

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;

    public override void WriteRepr(OutputBuffer output) => output.Append("None");
}
