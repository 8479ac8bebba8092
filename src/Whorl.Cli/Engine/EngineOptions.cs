using Whorl.Cli.Output;
using Whorl.Kernels.Cpu;
using Whorl.Models;

namespace Whorl.Cli.Engine;

/// <summary>Which model, and how it is computed.</summary>
/// <param name="ModelPath">A folder or a .gguf file.</param>
/// <param name="ModelName">What it is called: its name on the hub, else its path.</param>
/// <param name="ModelAsked">What the command line calls it.</param>
/// <param name="Backend">Threads, and the form of activations.</param>
internal sealed record EngineOptions(string ModelPath, string ModelName, string ModelAsked, CpuBackendOptions Backend)
{
    /// <summary>Whether keys that are not known are refused.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether <see cref="ModelName"/> is a name on the hub.</summary>
    public bool IsOnHub => ModelName != ModelPath;

    /// <summary>Opens the model and tells what is to be told of it.</summary>
    public ModelSource OpenSource() => ModelWarnings.Open(ModelPath, Strict);
}
