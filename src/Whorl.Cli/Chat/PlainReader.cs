using Whorl.Cli.Chat.Editing;

namespace Whorl.Cli.Chat;

/// <summary>Messages from a terminal that cannot be drawn on: lines as the system reads them.</summary>
/// <param name="input">Gives the lines.</param>
/// <param name="prompts">Gets the prompts.</param>
internal sealed class PlainReader(TextReader input, TextWriter prompts) : IChatReader
{
    /// <inheritdoc/>
    public Action? Interrupted { get; set; } // never: Ctrl-C ends the program here

    /// <inheritdoc/>
    public async ValueTask<ChatInput> ReadAsync(CancellationToken cancellationToken)
    {
        string? text = await LineAsync("> ", cancellationToken);
        while (text is not null && QuotedText.IsOpen(text) && text.Length <= TextBuffer.MaxLength)
        {
            string? line = await LineAsync("  ", cancellationToken);
            if (line is null)
            {
                break;
            }

            text += "\n" + line;
        }

        return text is null ? new ChatInput(InputKind.End) : new ChatInput(InputKind.Text, QuotedText.Strip(text), QuotedText.Begins(text), text.Length > TextBuffer.MaxLength);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // nothing is held
    }

    private Task<string?> LineAsync(string prompt, CancellationToken cancellationToken)
    {
        prompts.Write(prompt);
        return Task.Run(input.ReadLine, cancellationToken).WaitAsync(cancellationToken); // a read of the console cannot be ended: it is left behind
    }
}
