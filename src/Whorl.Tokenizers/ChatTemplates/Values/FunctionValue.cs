namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A function or a method bound to its value.</summary>
internal sealed class FunctionValue(string name, Func<RenderContext, Arguments, Value> body) : Value
{
    public override string TypeName => "builtin_function_or_method";

    public override bool IsCallable => true;

    public override Value Call(RenderContext context, Arguments arguments) => body(context, arguments);

    public override void WriteRepr(OutputBuffer output) => output.Append($"<built-in function {name}>");
}
