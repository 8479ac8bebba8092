namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Which of the names with a meaning of their own the body of a macro reads: they decide what it can be called with.</summary>
internal sealed class MacroNames
{
    public bool Caller { get; set; }

    public bool Kwargs { get; set; }

    public bool Varargs { get; set; }

    public void Note(string name)
    {
        Caller |= name == "caller";
        Kwargs |= name == "kwargs";
        Varargs |= name == "varargs";
    }
}
