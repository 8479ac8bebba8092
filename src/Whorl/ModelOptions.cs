using Whorl.Formats;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Tensors;

namespace Whorl;

/// <summary>How a model is opened and computed.</summary>
public sealed record ModelOptions
{
    /// <summary>Threads that compute; the result does not depend on it.</summary>
    /// <value>Default null: one for each core.</value>
    public int? Threads { get; init; }

    /// <summary>
    /// In what form activations meet quantised weights: Q8 rounds them to 8 bits and is fast, F32 rounds nothing. It decides the bytes, and must be
    /// that of the servers.
    /// </summary>
    /// <value>Default <see cref="ActivationFormat.Q8"/>.</value>
    public ActivationFormat Activations { get; init; } = ActivationFormat.Q8;

    /// <summary>Whether a model is refused whose files have keys that are not known, instead of warning of them.</summary>
    /// <value>Default false.</value>
    public bool Strict { get; init; }

    /// <summary>Told of what is no error, but should be known; on any thread.</summary>
    /// <value>Default null: nobody is told.</value>
    public Action<ModelWarning>? Warn { get; init; }

    /// <summary>Told of every block that is loaded; on any thread.</summary>
    /// <value>Default null: nobody looks.</value>
    public IProgress<ModelLoading>? Loading { get; init; }

    /// <summary>Told how far a download from the hub is; on any thread.</summary>
    /// <value>Default null: nobody looks.</value>
    public IProgress<HubProgress>? Downloading { get; init; }

    internal CpuBackendOptions Backend => Threads is { } threads
        ? new CpuBackendOptions { Threads = threads, Activations = Activations }
        : new CpuBackendOptions { Activations = Activations };

    /// <summary>Opens a model's headers and tells what is to be told of them.</summary>
    internal ModelSource OpenSource(string path)
    {
        ModelSource source = ModelSource.Open(path, strict: Strict);
        Tell(source.Warnings);
        return source;
    }

    /// <summary>Looks at the keys of a folder's tokenizer and tells what is to be told of them.</summary>
    internal void CheckTokenizer(string folder) => Tell(ModelSource.CheckTokenizer(folder, Strict));

    private void Tell(IReadOnlyList<string> warnings)
    {
        foreach (string warning in warnings)
        {
            Warn?.Invoke(new ModelWarning(ModelWarningKind.Files, warning));
        }
    }
}
