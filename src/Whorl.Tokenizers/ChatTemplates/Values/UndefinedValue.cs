namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>
/// What a name, attribute or element that does not exist gives: it prints as nothing, is false and empty; anything more raises.
/// </summary>
internal sealed class UndefinedValue(string message, ChatTemplateErrorKind kind = ChatTemplateErrorKind.Undefined) : Value
{
    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    public override string Text => "";

    public override int? Length => 0;

    public override IEnumerable<Value> Elements => [];

    public static UndefinedValue Variable(string name) => new($"{PythonText.Quote(name)} is undefined");

    /// <summary>The result of reading something that <paramref name="owner"/> does not have.</summary>
    public static UndefinedValue Missing(Value owner, Value key)
    {
        string type = owner is NoneValue ? "None" : owner.TypeName + " object";
        return new UndefinedValue(key is StrValue name
            ? $"{PythonText.Quote(type)} has no attribute {name.Repr()}"
            : $"{type} has no element {key.Repr()}");
    }

    /// <summary>The result of reading something that the sandbox hides.</summary>
    public static UndefinedValue Unsafe(Value owner, string name) =>
        new($"access to attribute {PythonText.Quote(name)} of '{owner.TypeName}' object is unsafe.", ChatTemplateErrorKind.Security);

    /// <summary>The error of using it.</summary>
    public ChatTemplateException Error() => new(kind, message);

    public override Value Item(Value key) => throw Error();

    public override Value? Attribute(string name) =>
        name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal) ? null : throw Error();

    public override Value Call(RenderContext context, Arguments arguments) => throw Error();

    public override bool IsCallable => true;

    public override void WriteRepr(OutputBuffer output) => output.Append("Undefined");
}
