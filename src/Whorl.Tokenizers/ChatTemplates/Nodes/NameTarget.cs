namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A variable that is assigned to.</summary>
internal sealed class NameTarget(string name) : AssignTarget
{
    public override void Assign(Scope scope, Value value) => scope.Set(name, value);

    public override void Note(ScopeNames names, bool fromStart)
    {
        if (fromStart)
        {
            names.Declare(name);
        }
        else
        {
            names.Store(name);
        }
    }
}
