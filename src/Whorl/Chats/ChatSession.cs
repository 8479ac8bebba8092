using Whorl.Generation;
using Whorl.Generation.Speculation;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl;

/// <summary>
/// A conversation with a model. It outlives answers that are stopped, servers that die and contexts that are full: an answer whose server dies goes
/// on over others to the same bytes, and where the context is full, the oldest turns are left out of what the model is told.
/// </summary>
/// <remarks>One answer at a time; several conversations with one model may answer at the same time.</remarks>
public sealed partial class ChatSession : IAsyncDisposable
{
    private const int MostRoom = 256;

    /// <summary>How long a step may go on after an answer was cancelled before it is broken off, and the session with it.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ICausalModel _model;
    private readonly ModelText _text;
    private readonly TextSession _session;
    private readonly List<ConversationMessage> _messages = [];
    private readonly List<Speculator> _speculators = []; // the last one guesses
    private SpeculationOptions? _speculation; // by which it does
    private TextOptions _options;
    private int _context;
    private int _forgotten; // messages at the beginning that the model is not told any more
    private int _again; // how often the last message was answered anew
    private bool _isLost; // the last answer broke off
    private int _isAnswering;
    private bool _isClosed;

    /// <param name="model">The model.</param>
    /// <param name="text">Its side that deals with text.</param>
    /// <param name="options">How answers are written.</param>
    /// <exception cref="WhorlException">The model has no tokenizer, or its template no place for a system prompt.</exception>
    internal ChatSession(ICausalModel model, ModelText text, TextOptions options)
    {
        (_model, _text) = (model, text);
        _options = options.WithSeed();
        _context = ContextWindow.OfChat(model, options);
        HasTemplate = options.UsesTemplate != false && text.Need().ChatTemplates.Count > 0;
        _session = new TextSession(model);
        SetSystem(options.System);
    }

    /// <summary>How answers are written; what is set counts from the next one on. They have a seed.</summary>
    public TextOptions Options
    {
        get => _options;
        set => _options = value.WithSeed();
    }

    /// <summary>Tokens that the model is told at a time, its answer included; what is set counts from the next answer on.</summary>
    /// <value>Default: <see cref="TextOptions.Context"/>, else 4096, or what the model was made for where that is less.</value>
    public int Context
    {
        get => _context;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _context = value;
        }
    }

    /// <summary>The system prompt, or null.</summary>
    public string? System { get; private set; }

    /// <summary>The conversation without the system prompt.</summary>
    public IReadOnlyList<ConversationMessage> Messages => _messages;

    /// <summary>Whether messages are put into the model's chat template; else each is a text by itself, which the model continues.</summary>
    public bool HasTemplate { get; }

    /// <summary>Tokens that the model was told last, its answer included.</summary>
    public int Used => Turn is null ? 0 : Turn.Prompt.Length + Turn.Ids.Count;

    /// <summary>Told what happens to an answer meanwhile: that a server is gone, that turns are left out; in one line, on any thread.</summary>
    /// <value>Default null: nobody is told.</value>
    public Action<string>? Notice { get; set; }

    /// <summary>Told how far what the model is told is read; on any thread.</summary>
    /// <value>Default null: nobody looks.</value>
    public IProgress<PromptReading>? Reading { get; set; }

    /// <summary>That the model is used while an answer is written.</summary>
    internal InUse Use { get; init; } = new();

    /// <summary>Told that the conversation is closed.</summary>
    internal Action Closed { get; init; } = () => { };

    /// <summary>The last answer, which may go on; null where there is none, or none that began.</summary>
    internal TextTurn? Turn { get; private set; }

    /// <summary>Changes the system prompt.</summary>
    /// <exception cref="WhorlException">The model's template has no place for one; nothing has changed.</exception>
    public void SetSystem(string? system)
    {
        if (system is not null && !HasTemplate)
        {
            throw new WhorlException("messages are not put into a chat template here, so that there is no place for a system prompt");
        }

        try
        {
            _ = system is null ? [] : _text.EncodeConversation([Message(ConversationMessage.System, system), Message(ConversationMessage.User, "")]);
        }
        catch (ChatTemplateException e)
        {
            throw new WhorlException($"the model's chat template takes no system prompt: {e.Message}");
        }

        System = system;
    }

    /// <summary>Begins a conversation anew.</summary>
    /// <param name="messages">What was said so far, without a system prompt.</param>
    public void Restart(IEnumerable<ConversationMessage> messages)
    {
        _messages.Clear();
        _messages.AddRange(messages);
        (_forgotten, _again, Turn, _isLost) = (0, 0, null, false);
    }

    /// <summary>
    /// Answers a message. What there is of an answer is part of the conversation when it is at its end, stopped, or broken off; a message that was
    /// not answered at all is taken back.
    /// </summary>
    /// <param name="message">What the user says.</param>
    /// <exception cref="ContextFullException">The message is longer than the context (while the answer is read, as all of these).</exception>
    /// <exception cref="WhorlException">It cannot be put into the model's template.</exception>
    /// <exception cref="InvalidOperationException">Another answer is being written.</exception>
    /// <exception cref="IOException">The servers are gone, and no others came within <see cref="ConnectOptions.Wait"/>.</exception>
    public GeneratedText AnswerAsync(string message) => WriteAsync((show, stop, cancel) => AnswerAsync(message, show, stop, cancel));

    /// <summary>Goes on with an answer that was stopped, broke off, or came to a limit.</summary>
    /// <inheritdoc cref="AnswerAsync(string)"/>
    /// <exception cref="InvalidOperationException">There is no such answer, or another one is being written.</exception>
    public GeneratedText ContinueAsync() => WriteAsync(ContinueAsync);

    /// <summary>Answers the last message again: where the answer broke off, from there; else anew, with another seed.</summary>
    /// <inheritdoc cref="AnswerAsync(string)"/>
    /// <exception cref="InvalidOperationException">There is no message, or another answer is being written.</exception>
    public GeneratedText RetryAsync() => WriteAsync(RetryAsync);

    /// <summary>Gives the session's memory back, here and on the servers. No answer must be under way.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        Closed();
        await _session.DisposeAsync();
        foreach (Speculator speculator in _speculators)
        {
            await speculator.DisposeAsync();
        }
    }

    /// <summary>Whether there is an answer that can go on.</summary>
    internal bool CanContinue => Turn is { StopReason: not (StopReason.EndToken or StopReason.StopString) };

    /// <summary>Whether there is a message.</summary>
    internal bool CanRetry => _messages.Exists(m => m.Role == ConversationMessage.User);

    /// <param name="message">The message.</param>
    /// <param name="show">Gets the answer as it comes.</param>
    /// <param name="stop">Stops softly, between two steps.</param>
    /// <param name="cancellationToken">Stops at once; the session is lost.</param>
    internal async Task AnswerAsync(string message, Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        using Answering answering = new(this);
        if (_messages is [.., { Role: ConversationMessage.User }])
        {
            _messages.RemoveAt(_messages.Count - 1); // its answer was lost, and nobody asked for it again
        }

        _messages.Add(Message(ConversationMessage.User, message));
        _again = 0;
        await WriteAsync(Begin(), show, stop, cancellationToken);
    }

    /// <inheritdoc cref="AnswerAsync(string, Action{string}, CancellationToken, CancellationToken)"/>
    internal async Task ContinueAsync(Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        using Answering answering = new(this);
        await GoOnAsync(show, stop, cancellationToken);
    }

    /// <inheritdoc cref="AnswerAsync(string, Action{string}, CancellationToken, CancellationToken)"/>
    internal async Task RetryAsync(Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        using Answering answering = new(this);
        if (_isLost && Turn is not null)
        {
            await GoOnAsync(show, stop, cancellationToken);
            return;
        }

        int last = _messages.FindLastIndex(m => m.Role == ConversationMessage.User);
        if (last < 0)
        {
            throw new InvalidOperationException("there is no message to answer");
        }

        _messages.RemoveRange(last + 1, _messages.Count - last - 1);
        _again++;
        await WriteAsync(Begin(), show, stop, cancellationToken);
    }

    private static ConversationMessage Message(string role, string content) => new(role, content);

    private Task GoOnAsync(Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        if (!CanContinue)
        {
            throw new InvalidOperationException("there is no answer to go on with");
        }

        int more = Turn!.StopReason == StopReason.MaxTokens ? Options.MaxTokens ?? int.MaxValue : 0;
        Turn.Options = Turn.Options with { MaxTokens = (int)Math.Min((long)Turn.Options.MaxTokens + more, int.MaxValue) };
        return WriteAsync(Turn, show, stop, cancellationToken);
    }

    private TextTurn Begin()
    {
        (Turn, _isLost) = (null, false);
        try
        {
            GenerationOptions options = Options.Resolve(_text);
            options = options with
            {
                MaxTokens = Options.MaxTokens ?? int.MaxValue,
                Sampling = options.Sampling with { Seed = options.Sampling.Seed + (ulong)_again },
            };
            int room = Math.Min(Math.Min(Context / 8, MostRoom), options.MaxTokens);
            int[] prompt = Fit(room, full: Context) ?? throw new ContextFullException("the message", Encode().Length, Context);
            return Turn = new TextTurn(_text, options, _model.VocabularySize, prompt) { Reading = Reading, Speculator = Speculate() };
        }
        catch
        {
            TakeBack();
            throw;
        }
    }

    /// <summary>Who guesses ahead by the options there are now; what was learned in earlier answers is kept.</summary>
    private Speculator? Speculate()
    {
        if (Options.Speculation is { } speculation && speculation != _speculation)
        {
            _speculators.Add(speculation.Create(_text, _model.VocabularySize));
            _speculation = speculation;
        }

        return Options.Speculation is null ? null : _speculators[^1];
    }

    /// <summary>Writes an answer until it ends, however often it must be taken up again, and puts what there is of it into the conversation.</summary>
    private async Task WriteAsync(TextTurn turn, Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        _isLost = false;
        try
        {
            await RunAsync(turn, show, stop, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _isLost = true;
            throw;
        }
        finally
        {
            Keep(turn);
        }
    }

    private async Task RunAsync(TextTurn turn, Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        do
        {
            await turn.RunThroughLossAsync(_session, Context, show, Notice, stop, cancellationToken);
        }
        while (turn.StopReason == StopReason.ContextFull && Shift(turn));
    }

    /// <summary>Puts what there is of an answer into the conversation.</summary>
    private void Keep(TextTurn turn)
    {
        if (_messages[^1].Role == ConversationMessage.Assistant)
        {
            _messages.RemoveAt(_messages.Count - 1);
        }

        if (turn.Text is { Length: > 0 } text)
        {
            _messages.Add(Message(ConversationMessage.Assistant, text));
        }

        if (!_isLost && turn is { StopReason: StopReason.None, Ids.Count: 0 })
        {
            TakeBack(); // stopped before it began
        }
    }

    private void TakeBack()
    {
        _messages.RemoveAt(_messages.Count - 1);
        Turn = null;
    }

    private GeneratedText WriteAsync(Func<Action<string>, CancellationToken, CancellationToken, Task> write) => new(async (show, settle, cancellationToken) =>
    {
        using InUse.Mark mark = Use.Enter(cancellationToken);
        using CancellationTokenSource hard = new();
        using CancellationTokenRegistration soft = mark.Ending.Register(() => hard.CancelAfter(Grace));
        try
        {
            await write(show, mark.Ending, hard.Token);
        }
        finally
        {
            if (Turn is { } turn)
            {
                settle(TextResult.Of(turn, _session));
            }
        }

        if (Turn is not { StopReason: not StopReason.None })
        {
            mark.Ending.ThrowIfCancellationRequested();
        }
    });

    /// <summary>One answer at a time.</summary>
    private readonly struct Answering : IDisposable
    {
        private readonly ChatSession _chat;

        public Answering(ChatSession chat)
        {
            ObjectDisposedException.ThrowIf(chat._isClosed, chat);
            _chat = chat;
            if (Interlocked.Exchange(ref chat._isAnswering, 1) != 0)
            {
                throw new InvalidOperationException("an answer is being written; a conversation has one at a time, but a model many conversations");
            }
        }

        public void Dispose() => Volatile.Write(ref _chat._isAnswering, 0);
    }
}
