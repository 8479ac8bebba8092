using Whorl.Models;

namespace Whorl.Cli.Engine;

/// <summary>The model that the command line names, once it is here.</summary>
/// <param name="Located">Where it lies.</param>
/// <param name="Asked">What the command line calls it.</param>
/// <param name="Options">How it is computed.</param>
internal sealed record ModelChoice(LocatedModel Located, string Asked, ModelOptions Options)
{
    /// <summary>Opens its headers and tells what is to be told of them.</summary>
    public ModelSource OpenSource() => Options.OpenSource(Located.Path);
}
