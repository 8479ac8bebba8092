namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>
/// The names that a block with a scope of its own uses. Jinja decides when it compiles a block which of them are its own: a name that
/// the block assigns before it reads it, and that no block around it mentions, is undefined until then, even if the template was given
/// a variable of that name.
/// </summary>
/// <param name="outer">The block around; null for the template.</param>
/// <remarks>Source: jinja2/idtracking.py.</remarks>
internal sealed class ScopeNames(ScopeNames? outer)
{
    // Every name with whether it is first met as the target of an assignment that is always made.
    private readonly Dictionary<string, bool> _names = new(StringComparer.Ordinal);
    private HashSet<string>? _assignedFirst;

    public ScopeNames? Outer { get; } = outer;

    /// <summary>How many ifs of this block are open; what is assigned within one may come from outside instead.</summary>
    public int OpenConditions { get; set; }

    public void Load(string name) => _names.TryAdd(name, false);

    public void Store(string name) => _names.TryAdd(name, OpenConditions == 0);

    /// <summary>Notes a name that has a value from the block's start.</summary>
    public void Declare(string name) => _names[name] = false;

    /// <summary>Settles which names are the block's own, when all of the template is read.</summary>
    public void Complete()
    {
        foreach ((string name, bool assigned) in _names)
        {
            if (assigned && !IsKnownOutside(name))
            {
                (_assignedFirst ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
            }
        }
    }

    /// <summary>Whether a name that has no value in the block must not be looked up around it.</summary>
    public bool IsOwn(string name) => _assignedFirst is not null && _assignedFirst.Contains(name);

    private bool IsKnownOutside(string name)
    {
        for (ScopeNames? at = Outer; at is not null; at = at.Outer)
        {
            if (at._names.ContainsKey(name))
            {
                return true;
            }
        }

        return false;
    }
}
