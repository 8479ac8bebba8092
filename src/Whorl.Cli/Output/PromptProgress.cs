using System.Globalization;

namespace Whorl.Cli.Output;

/// <summary>
/// How far a prompt is read, on one line of the terminal that is gone before the answer begins. Written where it is reported, and not by a
/// painter of its own, so that it never runs into the text.
/// </summary>
internal sealed class PromptProgress : IProgress<int>, IDisposable
{
    private const int LongPrompt = 128; // shorter ones are read before a bar could be looked at
    private const int Width = 30;

    private readonly int _tokens;
    private int _written;

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
    public void Report(int value)
    {
        if (value >= _tokens)
        {
            Dispose();
            return;
        }

        int done = (int)((long)Width * value / _tokens);
        string line = string.Create(
            CultureInfo.InvariantCulture, $"reading the prompt {new string('#', done)}{new string('-', Width - done)} {value} of {_tokens} tokens");
        Console.Error.Write($"\r{line}");
        _written = Math.Max(_written, line.Length);
    }

    public void Dispose()
    {
        if (_written > 0)
        {
            Console.Error.Write($"\r{new string(' ', _written)}\r");
            _written = 0;
        }
    }
}
