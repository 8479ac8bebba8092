namespace Whorl.Cli.Output;

/// <summary>How far a prompt is read, where a person looks on.</summary>
internal sealed class PromptProgress : IProgress<PromptReading>
{
    private const int LongPrompt = 128; // tokens; fewer are read before a bar could be looked at

    private readonly ProgressLine _line = new("reading the prompt", "tokens");
    private int _left; // when the reading began

    private PromptProgress()
    {
    }

    /// <summary>Begins; null where nobody looks at standard error.</summary>
    public static PromptProgress? Begin() => Console.IsErrorRedirected ? null : new PromptProgress();

    /// <summary>Shows it; at the end, takes it away.</summary>
    public void Report(PromptReading value)
    {
        _left = Math.Max(_left, value.Total - value.Tokens);
        if (_left >= LongPrompt)
        {
            _line.Show(value.Tokens, value.Total);
            _left = value.Tokens == value.Total ? 0 : _left;
        }
    }
}
