namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A double.</summary>
internal sealed class FloatValue(double value) : Value
{
    public double Value { get; } = value;

    public override string TypeName => "float";

    public override bool IsTrue => Value != 0;

    public override Value? Attribute(string name) => NumberMethods.Find(this, name);

    public override void WriteRepr(OutputBuffer output) => output.Append(FloatText.Repr(Value));
}
