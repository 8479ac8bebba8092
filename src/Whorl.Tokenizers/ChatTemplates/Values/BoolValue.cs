namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>True or False; in arithmetic they are 1 and 0.</summary>
internal sealed class BoolValue : Value
{
    private BoolValue(bool value) => Value = value;

    public static BoolValue True { get; } = new(true);

    public static BoolValue False { get; } = new(false);

    public bool Value { get; }

    public override string TypeName => "bool";

    public override bool IsTrue => Value;

    public static BoolValue Of(bool value) => value ? True : False;

    public override Value? Attribute(string name) => NumberMethods.Find(this, name);

    public override void WriteRepr(OutputBuffer output) => output.Append(Value ? "True" : "False");
}
