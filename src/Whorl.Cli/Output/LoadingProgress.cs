namespace Whorl.Cli.Output;

/// <summary>How far a model is loaded, where a person looks on.</summary>
internal sealed class LoadingProgress : IProgress<ModelLoading>
{
    private const int LongestName = 30;

    private ProgressLine? _line;

    private LoadingProgress()
    {
    }

    /// <summary>Begins; null where nobody looks at standard error.</summary>
    public static LoadingProgress? Begin() => Console.IsErrorRedirected ? null : new LoadingProgress();

    /// <summary>Shows it; at the end, takes it away.</summary>
    public void Report(ModelLoading value)
    {
        _line ??= new ProgressLine($"loading {(value.Model.Length <= LongestName ? value.Model : value.Model[..LongestName] + "…")}", "blocks");
        _line.Show(value.Blocks, value.Total);
    }
}
