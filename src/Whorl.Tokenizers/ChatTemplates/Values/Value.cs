namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A value of the template language: Python's types, as far as a sandboxed template can see them.</summary>
internal abstract class Value
{
    /// <summary>The name Python gives the type, as error messages show it.</summary>
    public abstract string TypeName { get; }

    /// <summary>Whether a condition takes the value as true.</summary>
    public virtual bool IsTrue => true;

    /// <summary>What Python's <c>str</c> gives: the value as output shows it.</summary>
    public virtual string Text => Repr();

    /// <summary>The number of elements, or null for a value that has none (Python's <c>len</c> raises).</summary>
    public virtual int? Length => null;

    /// <summary>The elements in order, or null for a value that cannot be iterated.</summary>
    public virtual IEnumerable<Value>? Elements => null;

    /// <summary>The elements in reverse order, or null for a value that Python's <c>reversed</c> refuses.</summary>
    public virtual IEnumerable<Value>? Reversed => null;

    public virtual bool IsCallable => false;

    /// <summary>What Python's <c>repr</c> gives: the value as it shows within a list.</summary>
    public string Repr()
    {
        var output = new OutputBuffer(RenderBudget.MaxLength);
        WriteRepr(output);
        return output.ToString();
    }

    public abstract void WriteRepr(OutputBuffer output);

    /// <summary>The element under an index or key, or null where Python raises TypeError, IndexError or KeyError.</summary>
    public virtual Value? Item(Value key) => null;

    /// <summary>The attribute or method of that name, or null where there is none.</summary>
    public virtual Value? Attribute(string name) => null;

    /// <summary>Calls the value.</summary>
    public virtual Value Call(RenderContext context, Arguments arguments) =>
        throw ChatTemplateException.Type($"'{TypeName}' object is not callable");

    /// <summary>The elements, for a statement that needs some.</summary>
    public IEnumerable<Value> Enumerate() =>
        (Elements ?? throw ChatTemplateException.Type($"'{TypeName}' object is not iterable")).Select(Counted);

    /// <summary>The length, for a filter that needs one.</summary>
    public int RequireLength() => Length ?? throw ChatTemplateException.Type($"object of type '{TypeName}' has no len()");

    private static Value Counted(Value element)
    {
        RenderBudget.Step();
        return element;
    }
}
