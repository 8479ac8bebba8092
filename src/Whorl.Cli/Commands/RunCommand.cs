using System.CommandLine;
using Whorl.Cli.Arguments;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl run</c>: continue a prompt, or chat.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        ModelArguments model = new(optional: true);
        GenerationArguments generation = new(withoutPrompt: "run chats");
        RemoteArguments remote = new();
        Command command = new(
            "run", "Continue a prompt, or chat with a model. With --servers or --initial-peers the blocks are computed by others.")
        {
            model.Model,
        };
        generation.AddTo(command);
        model.AddOptionsTo(command);
        remote.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            TextRequest request = generation.Read(result);
            bool chats = request is { Prompt: null, PromptIds: null };
            if (chats && request.Json)
            {
                throw new CliException("--json needs a prompt");
            }

            EngineOptions options = await model.ReadAsync(result, remote.Part(result), cancellationToken);
            await using LocalEngine engine = await remote.OpenAsync(options, result, cancellationToken);
            ContextWindow.Check(engine.Source, request);
            await (chats ? ChatAsync(engine, request, cancellationToken) : CompleteAsync(engine, options, request, cancellationToken));
        });
        return command;
    }

    private static async Task CompleteAsync(
        LocalEngine engine, EngineOptions options, TextRequest request, CancellationToken cancellationToken)
    {
        int[] prompt = engine.PromptIds(request.Prompt, request.PromptIds, request.IsChat);
        await using TextWriterSession writer = new(engine, request);
        Action<string> show = request.Json ? _ => { } : Console.Out.Write;
        TextResult result = await writer.WriteAsync(prompt, ContextWindow.OfText(engine, request, prompt.Length), show, cancellationToken);
        if (request.Json)
        {
            ResultWriter.Print(ResultWriter.ToJson(options.ModelAsked, result, request.Seed));
            return;
        }

        Console.Out.WriteLine(result.Text is null ? string.Join(',', result.Ids) : "");
        Console.Error.WriteLine($"[{ResultWriter.Speed(result)}; seed {request.Seed}]");
    }

    private static async Task ChatAsync(LocalEngine engine, TextRequest request, CancellationToken cancellationToken)
    {
        int context = ContextWindow.OfChat(engine, request);
        await using TextWriterSession writer = new(engine, request);
        List<ChatMessage> messages = [];
        bool isPerson = !Console.IsInputRedirected;
        Console.Error.Write(isPerson ? "Write a message and press Enter; an empty line or Ctrl-C ends.\n" : "");
        while (true)
        {
            Console.Error.Write(isPerson ? "> " : "");

            // A read of the console blocks, and cannot be cancelled: it is left behind.
            if (await Task.Run(Console.In.ReadLine, cancellationToken).WaitAsync(cancellationToken) is not { Length: > 0 } line)
            {
                return;
            }

            messages.Add(new ChatMessage("user", line));
            int[] prompt = engine.Text.EncodeConversation(messages);
            TextResult result = await writer.WriteAsync(prompt, context, Console.Out.Write, cancellationToken);
            Console.Out.WriteLine();
            messages.Add(new ChatMessage("assistant", result.Text!));
        }
    }
}
