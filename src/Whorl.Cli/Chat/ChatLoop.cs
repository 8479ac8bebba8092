using System.Globalization;
using Whorl.Cli.Chat.Editing;
using Whorl.Cli.Output;

namespace Whorl.Cli.Chat;

/// <summary>Asks for messages and answers them, until somebody has enough.</summary>
/// <param name="chat">The chat.</param>
/// <param name="commands">What begins with a slash.</param>
/// <param name="reader">Where messages come from.</param>
/// <param name="output">Where it is shown.</param>
internal sealed class ChatLoop(Conversation chat, ChatCommands commands, IChatReader reader, IChatOutput output)
{
    /// <summary>Runs until the end of the input, a command that ends the chat, or Ctrl-C twice.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        chat.Interruptible = stop => reader.Interrupted = stop;
        bool wasInterrupted = false;
        while (true)
        {
            ChatInput input = await reader.ReadAsync(cancellationToken);
            if (input.Kind == InputKind.End || (input.Kind == InputKind.Interrupt && wasInterrupted))
            {
                return;
            }

            wasInterrupted = input.Kind == InputKind.Interrupt;
            if (wasInterrupted)
            {
                output.Note("[Ctrl-C again, Ctrl-D or /exit ends the chat]");
            }
            else if (input.IsCut)
            {
                output.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"[the message is longer than {TextBuffer.MaxLength} characters and is not sent; put it into a file: whorl run MODEL -f FILE]"));
            }
            else if (!string.IsNullOrWhiteSpace(input.Text) && !await HandleAsync(input, cancellationToken))
            {
                return;
            }
        }
    }

    /// <returns>Whether the chat goes on.</returns>
    private async Task<bool> HandleAsync(ChatInput input, CancellationToken cancellationToken)
    {
        bool isCommand = !input.IsLiteral && input.Text.StartsWith('/') && !input.Text.StartsWith("//", StringComparison.Ordinal)
            && (!input.Text.Contains('\n', StringComparison.Ordinal) || input.Text.StartsWith("/system ", StringComparison.Ordinal));
        try
        {
            if (isCommand)
            {
                return await commands.RunAsync(input.Text, cancellationToken);
            }

            bool isEscaped = !input.IsLiteral && input.Text.StartsWith("//", StringComparison.Ordinal);
            await chat.AnswerAsync(isEscaped ? input.Text[1..] : input.Text, cancellationToken);
        }
        catch (Exception e) when (isCommand && e is not (OperationCanceledException or BrokenOutputException) && UserErrors.Explain(e) is { } message)
        {
            output.Note($"[{message}]");
        }

        return true;
    }
}
