namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What a value can be assigned to.</summary>
internal abstract class AssignTarget
{
    public abstract void Assign(Scope scope, Value value);

    /// <summary>Notes the names that an assignment sets, or that are set from the start of the scope.</summary>
    public abstract void Note(ScopeNames names, bool fromStart);
}
