using System.Globalization;
using Spectre.Console;
using Whorl.Cli.Chat.Editing;
using Whorl.Cli.Output;

namespace Whorl.Cli.Chat;

/// <summary>A chat on this process's console.</summary>
internal static class InteractiveChat
{
    private const int UsualColumns = 80;
    private const int UsualRows = 24;

    /// <summary>Chats until somebody has enough.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="options">What the command line asks for.</param>
    /// <param name="name">What the model is called.</param>
    /// <param name="cancellationToken">Ends the chat.</param>
    public static async Task RunAsync(
        LanguageModel engine, TextOptions options, string name, CancellationToken cancellationToken)
    {
        bool draws = Draws();
        ConsoleOutput output = new(draws);
        ChatSession session = engine.StartChat(options);
        session.Reading = PromptProgress.Begin();
        await using Conversation chat = new(session, output);
        chat.Quit = () => Environment.Exit(WhorlCommand.Cancelled);
        ChatCommands commands = new(chat, engine.Text, engine.Source.Spec, name, output);
        Welcome(session, engine, name, output);
        using IChatReader reader = draws ? OpenEditor(output) : new PlainReader(Console.In, Console.Error);
        await new ChatLoop(chat, commands, reader, output).RunAsync(cancellationToken);
    }

    private static void Welcome(ChatSession chat, LanguageModel engine, string name, ConsoleOutput output)
    {
        string longest = engine.Model.ContextLength is { } made && made > chat.Context
            ? string.Create(CultureInfo.InvariantCulture, $" of {made} (--context)")
            : "";
        output.Status(string.Create(CultureInfo.InvariantCulture, $"{name}, context {chat.Context}{longest}; /help for help, Ctrl-D to end"));
        if (!chat.HasTemplate)
        {
            output.Status("messages are not put into a chat template: the model continues each one as a text by itself");
        }
    }

    private static EditingReader OpenEditor(ConsoleOutput output)
    {
        InputHistory history = InputHistory.Load(InputHistory.FileOfUser());
        if (history.Failure is { } failure)
        {
            output.Status($"[messages are not kept for the next time: {failure}]");
        }

        return new EditingReader(
            new ConsoleKeys(tellsPastes: !OperatingSystem.IsWindows()), Console.Error, Size, history, ChatCommands.Complete);
    }

    /// <summary>Whether keys come from a terminal, and standard error is one that can be drawn on.</summary>
    private static bool Draws()
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            return false;
        }

        // Asking also turns the sequences on, where a console of Windows must be told to understand them.
        return OperatingSystem.IsWindows()
            ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }).Profile.Capabilities.Ansi
            : Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";
    }

    private static (int Columns, int Rows) Size()
    {
        try
        {
            return (Console.WindowWidth > 0 ? Console.WindowWidth : UsualColumns, Console.WindowHeight > 0 ? Console.WindowHeight : UsualRows);
        }
        catch (IOException)
        {
            return (UsualColumns, UsualRows); // not every terminal says
        }
    }
}
