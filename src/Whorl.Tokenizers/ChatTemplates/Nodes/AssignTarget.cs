namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What a value can be assigned to.</summary>
internal abstract class AssignTarget
{
    public abstract void Assign(Scope scope, Value value);
}
