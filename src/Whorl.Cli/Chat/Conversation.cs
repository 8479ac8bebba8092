using System.Globalization;
using Whorl.Cli.Output;
using Whorl.Client;
using Whorl.Generation;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Cli.Chat;

/// <summary>
/// A conversation with a model. It outlives answers that are stopped, servers that die and contexts that are full: what could not be done is
/// said, and the conversation stays as it was.
/// </summary>
internal sealed class Conversation : IAsyncDisposable
{
    private const string User = "user";
    private const string Assistant = "assistant";
    private const int MostRoom = 256;
    private const int MaxTries = 3; // of one token

    /// <summary>How long a step may go on after Ctrl-C before it is broken off, and the session with it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ICausalModel _model;
    private readonly ModelText _text;
    private readonly IChatOutput _output;
    private readonly TimeProvider _time;
    private readonly TextSession _session;
    private readonly List<ConversationMessage> _messages = [];
    private readonly bool _hasTemplate;
    private int _forgotten; // messages at the beginning that the model is not told any more
    private int _again; // how often the last message was answered anew
    private TextTurn? _turn; // the last answer, which may go on
    private bool _isLost; // the last answer broke off

    /// <param name="model">The model.</param>
    /// <param name="text">Its side that deals with text.</param>
    /// <param name="request">How answers are written.</param>
    /// <param name="context">Tokens that the model is told at a time, its answer included.</param>
    /// <param name="isRaw">Whether each message is a text that the model continues, without a template.</param>
    /// <param name="output">Where it is shown.</param>
    /// <param name="time">Waits between tries.</param>
    /// <exception cref="CliException">The model has no tokenizer.</exception>
    public Conversation(ICausalModel model, ModelText text, TextOptions request, int context, bool isRaw, IChatOutput output, TimeProvider time)
    {
        (_model, _text, Request, Context, _output, _time) = (model, text, request, context, output, time);
        _hasTemplate = !isRaw && text.Need().ChatTemplates.Count > 0;
        _session = new TextSession(model);
    }

    /// <summary>How answers are written; counts from the next one on.</summary>
    public TextOptions Request { get; set; }

    /// <summary>Tokens that the model is told at a time, its answer included.</summary>
    public int Context { get; set; }

    /// <summary>The system prompt, or null.</summary>
    public string? System { get; private set; }

    /// <summary>The conversation without the system prompt.</summary>
    public IReadOnlyList<ConversationMessage> Messages => _messages;

    /// <summary>Whether the model has a chat template; else each message is a text by itself.</summary>
    public bool HasTemplate => _hasTemplate;

    /// <summary>Tokens that the model was told last, its answer included.</summary>
    public int Used => _turn is null ? 0 : _turn.Prompt.Length + _turn.Ids.Count;

    /// <summary>Called with what ends an answer when it begins, and with null when it is done.</summary>
    public Action<Action?> Interruptible { get; set; } = _ => { };

    /// <summary>Called where somebody goes on stopping an answer that is broken off already, and computes something that cannot be.</summary>
    public Action Quit { get; set; } = () => { };

    /// <summary>Changes the system prompt.</summary>
    /// <exception cref="CliException">The model's template has no place for one; nothing has changed.</exception>
    public void SetSystem(string? system)
    {
        if (system is not null && !HasTemplate)
        {
            throw new CliException("messages are not put into a chat template here, so that there is no place for a system prompt");
        }

        try
        {
            _ = system is null ? [] : _text.EncodeConversation([new ConversationMessage("system", system), new ConversationMessage(User, "")]);
        }
        catch (ChatTemplateException e)
        {
            throw new CliException($"the model's chat template takes no system prompt: {e.Message}");
        }

        System = system;
    }

    /// <summary>Begins a conversation anew.</summary>
    /// <param name="messages">What was said so far.</param>
    public void Restart(IEnumerable<ConversationMessage> messages)
    {
        _messages.Clear();
        _messages.AddRange(messages);
        (_forgotten, _again, _turn, _isLost) = (0, 0, null, false);
    }

    /// <summary>Answers a message.</summary>
    public async Task AnswerAsync(string message, CancellationToken cancellationToken)
    {
        if (_messages is [.., { Role: User }])
        {
            _messages.RemoveAt(_messages.Count - 1); // its answer was lost, and nobody asked for it again
        }

        _messages.Add(new ConversationMessage(User, message));
        _again = 0;
        await BeginAsync(cancellationToken);
    }

    /// <summary>Goes on with an answer that has not ended by itself.</summary>
    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        if (_turn is not { StopReason: not (StopReason.EndToken or StopReason.StopString) } turn)
        {
            _output.Note(_turn is null ? "[there is no answer to go on with]" : "[the answer has ended; write a message, or /retry for another answer]");
            return;
        }

        int more = turn.StopReason == StopReason.MaxTokens ? Request.MaxTokens ?? int.MaxValue : 0;
        turn.Options = turn.Options with { MaxTokens = (int)Math.Min((long)turn.Options.MaxTokens + more, int.MaxValue) };
        await WriteAsync(turn, cancellationToken);
    }

    /// <summary>Answers the last message again: where the answer broke off, from there; else anew, with another seed.</summary>
    public async Task RetryAsync(CancellationToken cancellationToken)
    {
        if (_isLost && _turn is not null)
        {
            await ContinueAsync(cancellationToken);
            return;
        }

        int last = _messages.FindLastIndex(m => m.Role == User);
        if (last < 0)
        {
            _output.Note("[there is no message to answer]");
            return;
        }

        _messages.RemoveRange(last + 1, _messages.Count - last - 1);
        _again++;
        await BeginAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    /// <summary>Whether another server may do better.</summary>
    private static bool IsOfServer(Exception exception) => exception is not BrokenOutputException
        && exception is (IOException or TimeoutException or NoRouteException or SpanRefusedException { IsTransient: true }
            or FormatException); // as WireFormatException is

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        (_turn, _isLost) = (null, false);
        try
        {
            GenerationOptions options = Request.Resolve(_text);
            options = options with
            {
                MaxTokens = Request.MaxTokens ?? int.MaxValue,
                Sampling = options.Sampling with { Seed = options.Sampling.Seed + (ulong)_again },
            };
            int room = Math.Min(Math.Min(Context / 8, MostRoom), options.MaxTokens);
            if (Fit(room, full: Context) is not { } prompt)
            {
                TakeBack($"the message makes {Encode().Length} tokens, and the context holds {Context}; shorten it, or /set context N");
                return;
            }

            _turn = new TextTurn(_text, options, _model.VocabularySize, prompt);
        }
        catch (Exception e) when (e is ChatTemplateException or WhorlException or ArgumentException)
        {
            TakeBack(UserErrors.Explain(e)!);
            return;
        }

        await WriteAsync(_turn, cancellationToken);
    }

    /// <summary>Writes an answer until it ends, however often it must be taken up again, and puts what there is of it into the conversation.</summary>
    private async Task WriteAsync(TextTurn turn, CancellationToken cancellationToken)
    {
        _isLost = false;
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
                hard.CancelAfter(Grace);
            }
        });
        (int written, TimeSpan took) = turn.Decode;
        string? failure = null;
        try
        {
            failure = await RunAsync(turn, soft.Token, hard.Token);
        }
        catch (OperationCanceledException) when (soft.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // stopped, and the step that was under way broken off
        }
        finally
        {
            Interruptible(null);
        }

        _output.EndAnswer();
        Keep(turn);
        Tell(turn, failure, soft.IsCancellationRequested, (turn.Decode.Tokens - written, turn.Decode.Time - took));
    }

    /// <returns>Why the answer broke off; null where it ended or was stopped.</returns>
    private async Task<string?> RunAsync(TextTurn turn, CancellationToken stop, CancellationToken cancellationToken)
    {
        for (int tries = 0; ;)
        {
            int before = turn.Ids.Count;
            try
            {
                await turn.RunAsync(_session, Context, _output.Answer, stop, cancellationToken);
                if (turn.StopReason != StopReason.ContextFull || !Shift(turn))
                {
                    return null;
                }
            }
            catch (Exception e) when (IsOfServer(e) && !stop.IsCancellationRequested)
            {
                tries = turn.Ids.Count > before ? 1 : tries + 1;
                if (tries > MaxTries)
                {
                    return UserErrors.Explain(e) ?? e.Message;
                }

                _output.Note($"[{UserErrors.Explain(e) ?? e.Message}; looking for another way]");
                await WaitAsync(tries, stop);
            }
            catch (Exception e) when (e is not (OperationCanceledException or BrokenOutputException) && UserErrors.Explain(e) is { } failure)
            {
                return failure;
            }
        }
    }

    /// <summary>Waits before a further try: not at all, then longer and longer.</summary>
    private async Task WaitAsync(int tries, CancellationToken stop)
    {
        if (tries > 1)
        {
            await Task.Delay(TimeSpan.FromSeconds(1 << (tries - 2)), _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The ids of what the model is told now.</summary>
    private int[] Encode() => HasTemplate
        ? _text.EncodeConversation(
            [.. System is null ? [] : (ConversationMessage[])[new ConversationMessage("system", System)], .. Asked().Skip(_forgotten)])
        : _text.Need().Encode(Asked()[^1].Content) is { Length: > 0 } ids ? ids
        : throw new CliException("the message makes no token");

    /// <summary>The messages without the answer that is being written.</summary>
    private List<ConversationMessage> Asked() => _messages.GetRange(0, _messages.FindLastIndex(m => m.Role == User) + 1);

    /// <summary>The ids of what the model is told, with room behind them; the oldest turns are left out where it must be.</summary>
    /// <param name="room">Tokens to leave free.</param>
    /// <param name="full">How many tokens may be taken where nothing is left out.</param>
    /// <returns>Null where the last message alone is too long; then nothing was left out.</returns>
    private int[]? Fit(int room, int full)
    {
        int forgotten = _forgotten;
        int[] prompt = Encode();
        if (prompt.Length + room > full)
        {
            while (prompt.Length + room > Context - (Context / 4) && Forget()) // so that not every answer shifts anew
            {
                prompt = Encode();
            }
        }

        if (prompt.Length > Context || (prompt.Length + room > Context && full < Context))
        {
            _forgotten = forgotten;
            return null;
        }

        if (_forgotten > forgotten)
        {
            _output.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"[the context of {Context} tokens is full: the model no longer sees the first {_forgotten} messages]"));
        }

        return prompt;
    }

    /// <summary>Leaves out the oldest turn that is left, but not the last.</summary>
    private bool Forget()
    {
        int next = _messages.FindIndex(Math.Min(_forgotten + 1, _messages.Count), m => m.Role == User);
        if (!HasTemplate || next < 0)
        {
            return false;
        }

        _forgotten = next;
        return true;
    }

    /// <summary>Makes room for an answer that has filled the context.</summary>
    /// <returns>Whether it can go on.</returns>
    private bool Shift(TextTurn turn)
    {
        int before = _forgotten;
        if (Fit(turn.Ids.Count + 1, full: 0) is not { } prompt || _forgotten == before)
        {
            return false;
        }

        turn.Prompt = prompt;
        return true;
    }

    /// <summary>Puts what there is of an answer into the conversation.</summary>
    private void Keep(TextTurn turn)
    {
        if (_messages[^1].Role == Assistant)
        {
            _messages.RemoveAt(_messages.Count - 1);
        }

        if (turn.Text is { Length: > 0 } text)
        {
            _messages.Add(new ConversationMessage(Assistant, text));
        }
    }

    private void Tell(TextTurn turn, string? failure, bool isStopped, (int Tokens, TimeSpan Time) decode)
    {
        bool isEmpty = turn.Ids.Count == 0;
        if (failure is not null)
        {
            _isLost = true;
            _output.Note($"[{failure}]");
            _output.Note(isEmpty ? "[the message is kept: /retry asks again]" : "[the answer so far is kept: /retry goes on with it]");
        }
        else if (isStopped && turn.StopReason == StopReason.None)
        {
            if (isEmpty)
            {
                TakeBack("stopped before the answer began");
                return;
            }

            _output.Note("[stopped; the answer so far is kept: /continue goes on with it]");
        }
        else if (turn.StopReason == StopReason.MaxTokens)
        {
            _output.Note($"[ended after max_tokens = {turn.Options.MaxTokens}: /continue goes on]");
        }
        else if (turn.StopReason == StopReason.ContextFull)
        {
            _output.Note($"[the context of {Context} tokens is full, and the answer ends here: /set context N gives it more, /clear begins anew]");
        }

        double speed = decode.Time > TimeSpan.Zero ? decode.Tokens / decode.Time.TotalSeconds : 0;
        string rate = decode.Tokens > 0 ? string.Create(CultureInfo.InvariantCulture, $", {speed:F1}/s") : "";
        _output.Status(string.Create(
            CultureInfo.InvariantCulture,
            $"[{turn.Ids.Count} {(turn.Ids.Count == 1 ? "token" : "tokens")}{rate}; context {Used} of {Context}]"));
    }

    private void TakeBack(string why)
    {
        _messages.RemoveAt(_messages.Count - 1);
        _turn = null;
        _output.Note($"[{why}; the message is taken back]");
    }
}
