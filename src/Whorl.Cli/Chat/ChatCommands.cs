using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Output;
using Whorl.Models;

namespace Whorl.Cli.Chat;

/// <summary>What begins with a slash in a chat.</summary>
/// <param name="conversation">The chat.</param>
/// <param name="text">The model's side that deals with text.</param>
/// <param name="model">What the model is; null where it is not known.</param>
/// <param name="name">What the model is called.</param>
/// <param name="output">Where it is shown.</param>
internal sealed class ChatCommands(Conversation conversation, ModelText text, DecoderSpec? model, string name, IChatOutput output)
{
    /// <summary>The commands, with what they take and do.</summary>
    private static readonly (string Name, string Takes, string Does)[] All =
    [
        ("/help", "", "this list; also /?"),
        ("/exit", "", "end the chat; also /bye, /quit, Ctrl-D"),
        ("/clear", "", "begin the conversation anew; the system prompt stays"),
        ("/system", "[TEXT]", "show the system prompt, or set it; /system none takes it away"),
        ("/set", "[NAME [VALUE]]", "show the options, or set one; the value 'default' is the model's own"),
        ("/show", "[template]", "the model, its context and options; or its chat template"),
        ("/save", "FILE", "write the conversation to a JSON file"),
        ("/load", "FILE", "go on with a conversation from a file"),
        ("/continue", "", "go on with an answer that was stopped or came to a limit"),
        ("/retry", "", "answer the last message again; an answer that broke off goes on"),
    ];

    private static readonly string[] Others = ["/?", "/bye", "/quit"];

    /// <summary>The commands that begin as a text does.</summary>
    public static IReadOnlyList<string> Complete(string text) =>
        text.StartsWith("/set ", StringComparison.Ordinal)
            ? [.. ChatSettings.Names.Append("context").Select(n => "/set " + n).Where(c => c.StartsWith(text, StringComparison.Ordinal))]
            : [.. All.Select(c => c.Name).Where(c => c.StartsWith(text, StringComparison.Ordinal))];

    /// <summary>Does what a command asks for.</summary>
    /// <returns>Whether the chat goes on.</returns>
    /// <exception cref="CliException">It cannot be done; the message says why.</exception>
    public async Task<bool> RunAsync(string line, CancellationToken cancellationToken)
    {
        string[] words = line.Trim().Split((char[]?)null, 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string rest = words.Length > 1 ? words[1] : "";
        switch (words[0].ToLowerInvariant())
        {
            case "/help" or "/?": output.Print(Help()); break;
            case "/exit" or "/bye" or "/quit": return false;
            case "/clear": Clear(); break;
            case "/system": SetSystem(rest); break;
            case "/set": Set(rest); break;
            case "/show": output.Print(Show(rest)); break;
            case "/save": await SaveAsync(rest, cancellationToken); break;
            case "/load": await LoadAsync(rest, cancellationToken); break;
            case "/continue": await conversation.ContinueAsync(cancellationToken); break;
            case "/retry": await conversation.RetryAsync(cancellationToken); break;
            default:
                string? near = Spelling.Nearest(words[0], All.Select(c => c.Name).Concat(Others));
                throw new CliException(
                    $"there is no command {words[0]}{(near is null ? "" : $"; did you mean {near}?")}; /help lists them; // in place of / sends the line to the model");
        }

        return true;
    }

    private static string Help()
    {
        StringBuilder help = new();
        foreach ((string command, string takes, string does) in All)
        {
            help.Append(CultureInfo.InvariantCulture, $"  {command + " " + takes,-22} {does}\n");
        }

        return help.Append(
            """

              A message may have several lines: between two triple quotes, pasted, or with Alt-Enter. // at the beginning stands for /.
              Ctrl-C stops an answer or clears the line, twice it ends the chat. Up and Down show earlier messages, Ctrl-R searches them.
              Ctrl-A, E, U, K, W, Y and L do what they do in a shell.
            """).ToString();
    }

    private void Clear()
    {
        conversation.Chat.Restart([]);
        output.Note("[the conversation begins anew]");
    }

    private void SetSystem(string system)
    {
        if (system.Length == 0)
        {
            output.Print(conversation.Chat.System ?? "there is no system prompt");
            return;
        }

        conversation.Chat.SetSystem(system == "none" ? null : Editing.QuotedText.Strip(system));
        output.Note(conversation.Chat.System is null ? "[there is no system prompt now]" : "[the system prompt is set]");
    }

    private void Set(string rest)
    {
        string[] words = rest.Split((char[]?)null, 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            output.Print(Options());
        }
        else if (words[0] == "context")
        {
            SetContext(words.Length > 1 ? words[1] : null);
        }
        else if (words.Length == 1)
        {
            string known = ChatSettings.Find(words[0]);
            output.Print(ChatSettings.Values(conversation.Chat.Options, text).Where(v => v.Key == known).Select(Line).Single());
        }
        else
        {
            conversation.Chat.Options = ChatSettings.Set(conversation.Chat.Options, words[0], words[1]);
            output.Note($"[{words[0]} is {words[1]} from the next answer on]");
        }
    }

    private void SetContext(string? value)
    {
        if (value is null)
        {
            output.Print($"  context = {conversation.Chat.Context}");
            return;
        }

        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int context) || context < 1)
        {
            throw new CliException($"context is '{value}'; it must be a whole number, 1 or more");
        }

        if (model is not null)
        {
            ContextWindow.Check(model, context, ModelWarnings.Tell);
        }

        conversation.Chat.Context = context;
        output.Note($"[context is {context} from the next answer on]");
    }

    private string Options() => string.Join('\n', [$"  context = {conversation.Chat.Context}", .. ChatSettings.Values(conversation.Chat.Options, text).Select(Line)]);

    private static string Line(KeyValuePair<string, JsonNode?> value) => $"  {value.Key} = {value.Value?.ToJsonString() ?? "no limit"}";

    private string Show(string what)
    {
        string? template = text.Tokenizer?.ChatTemplates.GetValueOrDefault("default") ?? text.Tokenizer?.ChatTemplates.Values.FirstOrDefault();
        if (what == "template")
        {
            return template ?? "the model has no chat template";
        }

        string made = model is null ? "" : $" (made for {model.LongestText})";
        return $"""
              model = {name}
              template = {(template is null ? "none" : conversation.Chat.HasTemplate ? "the model's own; /show template" : "not used")}
              messages = {conversation.Chat.Messages.Count}
              system = {conversation.Chat.System ?? "none"}
              used = {conversation.Chat.Used} tokens of the context{made}
            {Options()}
            """;
    }

    private async Task SaveAsync(string path, CancellationToken cancellationToken)
    {
        string file = FileOf(path, "/save");
        await ConversationFile.SaveAsync(file, name, conversation.Chat.System, conversation.Chat.Messages, conversation.Chat.Options, text, cancellationToken);
        output.Note($"[{conversation.Chat.Messages.Count} messages are in {file}]");
    }

    private async Task LoadAsync(string path, CancellationToken cancellationToken)
    {
        string file = FileOf(path, "/load");
        ConversationFile loaded = await ConversationFile.LoadAsync(file, cancellationToken);
        TextOptions request = loaded.Options.Aggregate(conversation.Chat.Options, (r, option) => ChatSettings.Set(r, option.Key, option.Value));
        conversation.Chat.SetSystem(loaded.System);
        conversation.Chat.Options = request;
        conversation.Chat.Restart(loaded.Messages);
        output.Note($"[{loaded.Messages.Count} messages of {file}]");
    }

    private static string FileOf(string path, string command) => path.Length == 0
        ? throw new CliException($"{command} needs a file: {command} FILE")
        : path.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..])
            : path;
}
