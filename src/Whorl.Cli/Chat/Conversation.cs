using System.Globalization;
using Whorl.Cli.Output;
using Whorl.Generation;

namespace Whorl.Cli.Chat;

/// <summary>
/// A conversation that is shown: answers as they come, and what became of them. What could not be done is said, and the conversation goes on.
/// </summary>
internal sealed class Conversation : IAsyncDisposable
{
    private readonly IChatOutput _output;

    /// <param name="chat">The conversation; closed with this.</param>
    /// <param name="output">Where it is shown.</param>
    public Conversation(ChatSession chat, IChatOutput output)
    {
        (Chat, _output) = (chat, output);
        chat.Notice = line => output.Note($"[{line}]");
    }

    /// <summary>The conversation itself.</summary>
    public ChatSession Chat { get; }

    /// <summary>Called with what ends an answer when it begins, and with null when it is done.</summary>
    public Action<Action?> Interruptible { get; set; } = _ => { };

    /// <summary>Called where somebody goes on stopping an answer that is broken off already, and computes something that cannot be.</summary>
    public Action Quit { get; set; } = () => { };

    /// <summary>Answers a message.</summary>
    public Task AnswerAsync(string message, CancellationToken cancellationToken) =>
        WriteAsync((stop, cancel) => Chat.AnswerAsync(message, _output.Answer, stop, cancel), cancellationToken);

    /// <summary>Goes on with an answer that has not ended by itself.</summary>
    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        if (Chat.CanContinue)
        {
            await WriteAsync((stop, cancel) => Chat.ContinueAsync(_output.Answer, stop, cancel), cancellationToken);
            return;
        }

        _output.Note(Chat.Turn is null ? "[there is no answer to go on with]" : "[the answer has ended; write a message, or /retry for another answer]");
    }

    /// <summary>Answers the last message again: where the answer broke off, from there; else anew, with another seed.</summary>
    public async Task RetryAsync(CancellationToken cancellationToken)
    {
        if (Chat.CanRetry)
        {
            await WriteAsync((stop, cancel) => Chat.RetryAsync(_output.Answer, stop, cancel), cancellationToken);
            return;
        }

        _output.Note("[there is no message to answer]");
    }

    public ValueTask DisposeAsync() => Chat.DisposeAsync();

    /// <summary>Shows an answer, and tells what became of it.</summary>
    private async Task WriteAsync(Func<CancellationToken, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        using CancellationTokenSource soft = new();
        using CancellationTokenSource hard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Interruptible(() =>
        {
            if (hard.IsCancellationRequested)
            {
                Quit();
            }
            else if (soft.IsCancellationRequested)
            {
                hard.Cancel();
            }
            else
            {
                soft.Cancel();
                hard.CancelAfter(ChatSession.Grace);
            }
        });
        (TextTurn? before, int written, TimeSpan took) = (Chat.Turn, Chat.Turn?.Decode.Tokens ?? 0, Chat.Turn?.Decode.Time ?? default);
        string? failure = null;
        try
        {
            await write(soft.Token, hard.Token);
        }
        catch (OperationCanceledException) when (soft.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // stopped, and the step that was under way broken off
        }
        catch (Exception e) when (e is not (OperationCanceledException or BrokenOutputException) && UserErrors.Explain(e) is { } words)
        {
            failure = e is ContextFullException full
                ? $"the message makes {full.Tokens} tokens, and the context holds {full.Context}; shorten it, or /set context N"
                : words;
        }
        finally
        {
            Interruptible(null);
        }

        _output.EndAnswer();
        if (Chat.Turn is not { } turn)
        {
            _output.Note($"[{failure ?? "stopped before the answer began"}; the message is taken back]");
            return;
        }

        (written, took) = turn == before ? (written, took) : default;
        Tell(turn, failure, soft.IsCancellationRequested, turn.Decode.Tokens - written, turn.Decode.Time - took);
    }

    private void Tell(TextTurn turn, string? failure, bool isStopped, int tokens, TimeSpan time)
    {
        if (failure is not null)
        {
            _output.Note($"[{failure}]");
            _output.Note(turn.Ids.Count == 0 ? "[the message is kept: /retry asks again]" : "[the answer so far is kept: /retry goes on with it]");
        }
        else if (isStopped && turn.StopReason == StopReason.None)
        {
            _output.Note("[stopped; the answer so far is kept: /continue goes on with it]");
        }
        else if (turn.StopReason == StopReason.MaxTokens)
        {
            _output.Note($"[ended after max_tokens = {turn.Options.MaxTokens}: /continue goes on]");
        }
        else if (turn.StopReason == StopReason.ContextFull)
        {
            _output.Note($"[the context of {Chat.Context} tokens is full, and the answer ends here: /set context N gives it more, /clear begins anew]");
        }

        string rate = tokens > 0 && time > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $", {tokens / time.TotalSeconds:F1}/s") : "";
        _output.Status(string.Create(
            CultureInfo.InvariantCulture,
            $"[{turn.Ids.Count} {(turn.Ids.Count == 1 ? "token" : "tokens")}{rate}; context {Chat.Used} of {Chat.Context}]"));
    }
}
