namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>An attribute of a namespace that is assigned to.</summary>
internal sealed class NamespaceTarget(string name, string attribute) : AssignTarget
{
    public override void Assign(Scope scope, Value value)
    {
        if (scope.Find(name) is not NamespaceValue target)
        {
            throw ChatTemplateException.Runtime("cannot assign attribute on non-namespace object");
        }

        target.Set(attribute, value);
    }

    public override void Note(ScopeNames names, bool fromStart) => names.Load(name);
}
