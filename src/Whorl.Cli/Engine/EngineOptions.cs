using Whorl.Kernels.Cpu;

namespace Whorl.Cli.Engine;

/// <summary>Which model, and how it is computed.</summary>
/// <param name="ModelPath">A folder or a .gguf file.</param>
/// <param name="ModelName">What it is called: its name on the hub, else its path.</param>
/// <param name="ModelAsked">What the command line calls it.</param>
/// <param name="Backend">Threads, and the form of activations.</param>
internal sealed record EngineOptions(string ModelPath, string ModelName, string ModelAsked, CpuBackendOptions Backend)
{
    /// <summary>Whether <see cref="ModelName"/> is a name on the hub.</summary>
    public bool IsOnHub => ModelName != ModelPath;
}
