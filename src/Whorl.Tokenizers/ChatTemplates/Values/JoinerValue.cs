namespace Whorl.Tokenizers.ChatTemplates;

/// <summary><c>joiner(sep)</c>: nothing at the first call, the separator at every later one.</summary>
internal sealed class JoinerValue(Value separator) : Value
{
    private bool _used;

    public override string TypeName => "Joiner";

    public override bool IsCallable => true;

    public override Value? Attribute(string name) => name switch
    {
        "sep" => separator,
        "used" => BoolValue.Of(_used),
        _ => null,
    };

    public override Value Call(RenderContext context, Arguments arguments)
    {
        if (_used)
        {
            return separator;
        }

        _used = true;
        return StrValue.Empty;
    }

    public override void WriteRepr(OutputBuffer output) => output.Append("<Joiner object>");
}
