namespace Whorl;

/// <summary>Where a model lies.</summary>
/// <param name="Path">A folder or a .gguf file.</param>
/// <param name="Name">What it is called: its name on the hub, else its path.</param>
internal sealed record LocatedModel(string Path, string Name)
{
    /// <summary>Whether <see cref="Name"/> is a name on the hub.</summary>
    public bool IsOnHub => Name != Path;
}
