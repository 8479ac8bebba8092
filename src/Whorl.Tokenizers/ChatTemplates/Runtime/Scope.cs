namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The variables of one block, over those of the blocks around it.</summary>
/// <param name="outer">Where names not found here are looked up; null for the outermost.</param>
/// <param name="names">The names that the block uses; null where none is its own.</param>
internal sealed class Scope(Scope? outer, ScopeNames? names = null)
{
    private readonly Scope? _outer = outer;
    private readonly ScopeNames? _names = names;
    private Dictionary<string, Value>? _values;

    public Value? Find(string name)
    {
        for (Scope? at = this; at is not null; at = at._outer)
        {
            if (at._values is not null && at._values.TryGetValue(name, out Value? value))
            {
                return value;
            }

            if (at._names is not null && at._names.IsOwn(name))
            {
                return null;
            }
        }

        return null;
    }

    public void Set(string name, Value value) => (_values ??= new Dictionary<string, Value>(StringComparer.Ordinal))[name] = value;
}
