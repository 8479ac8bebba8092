namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The application of a filter to a value.</summary>
/// <param name="Context">The rendering in progress.</param>
/// <param name="Value">What stands before the <c>|</c>.</param>
/// <param name="Arguments">What stands in the parentheses behind the filter's name.</param>
internal readonly record struct FilterCall(RenderContext Context, Value Value, Arguments Arguments)
{
    /// <summary>The filtered value's text; markup keeps its mark.</summary>
    public StrValue Text => Value as StrValue ?? new StrValue(Value.Text);

    /// <summary>The elements of the filtered value.</summary>
    public IEnumerable<Value> Items => Value.Enumerate();
}
