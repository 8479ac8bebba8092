namespace Whorl.Cli.Output;

/// <summary>How far a prompt is read, where a person looks on.</summary>
internal sealed class PromptProgress : IProgress<int>, IDisposable
{
    private const int LongPrompt = 128; // shorter ones are read before a bar could be looked at

    private readonly ProgressLine _line = new("reading the prompt", "tokens");
    private readonly int _tokens;

    private PromptProgress(int tokens) => _tokens = tokens;

    /// <summary>Begins; null where nobody looks at standard error, and for prompts too short to wait for.</summary>
    /// <param name="tokens">How many tokens the prompt has.</param>
    public static PromptProgress? Begin(int tokens)
    {
        if (Console.IsErrorRedirected || tokens < LongPrompt)
        {
            return null;
        }

        PromptProgress progress = new(tokens);
        progress.Report(0);
        return progress;
    }

    /// <summary>Shows it; at the end, takes it away.</summary>
    /// <param name="value">Tokens read so far.</param>
    public void Report(int value) => _line.Show(value, _tokens);

    public void Dispose() => ProgressLine.Clear();
}
