namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Several targets that share out the elements of one value.</summary>
internal sealed class TupleTarget(IReadOnlyList<AssignTarget> targets) : AssignTarget
{
    public override void Assign(Scope scope, Value value)
    {
        IEnumerable<Value> elements = value.Elements
            ?? throw ChatTemplateException.Type($"cannot unpack non-iterable {value.TypeName} object");
        Value[] values = [.. elements.Take(targets.Count + 1)];
        if (values.Length != targets.Count)
        {
            throw ChatTemplateException.Value(values.Length > targets.Count
                ? $"too many values to unpack (expected {targets.Count})"
                : $"not enough values to unpack (expected {targets.Count}, got {values.Length})");
        }

        for (int i = 0; i < values.Length; i++)
        {
            targets[i].Assign(scope, values[i]);
        }
    }

    public override void Note(ScopeNames names, bool fromStart)
    {
        foreach (AssignTarget target in targets)
        {
            target.Note(names, fromStart);
        }
    }
}
