using System.CommandLine;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Chat;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Generation.Speculation;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl run</c>: continue a prompt, or chat.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        ModelArguments model = new(optional: true);
        GenerationArguments generation = new(withoutPrompt: "run chats");
        DraftArguments draft = new();
        RemoteArguments remote = new();
        Option<string?> session = new("--session")
        {
            Description = "Keep the text in FILE while it is written. Where FILE is there, go on with its text; its prompt and options hold.",
            HelpName = "FILE",
        };
        Check.Filled(session, "a path");
        Command command = new(
            "run", "Answer or continue a prompt, or chat with a model. With --servers or --initial-peers the blocks are computed by others.")
        {
            model.Model,
        };
        generation.AddTo(command);
        command.Add(session);
        draft.AddTo(command);
        model.AddOptionsTo(command);
        remote.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            TextRequest request = generation.Read(result);
            string? file = result.GetValue(session);
            bool goesOn = File.Exists(file), isAbsent = request is { Prompt: null, PromptIds: null, Files.Count: 0 };
            if (file is not null && goesOn != isAbsent)
            {
                throw new CliException(goesOn
                    ? $"'{file}' has a text already; give no prompt to go on with it, or another file"
                    : $"there is no text in '{file}' to go on with; give a prompt");
            }

            bool chats = !goesOn && PromptText.IsAbsent(request);
            if (chats && request.Json)
            {
                throw new CliException("--json needs a prompt");
            }

            PromptText? prompt = chats || goesOn || request.PromptIds is not null
                ? null
                : await PromptText.BeginAsync(request, takesInput: true, cancellationToken);
            ModelChoice choice = await model.ReadAsync(result, remote.Part(result), cancellationToken);
            SpeculationOptions? speculation = await draft.ReadAsync(result, choice.Options, cancellationToken);
            await using LanguageModel? guessing = speculation?.Draft;
            await using LanguageModel engine = await remote.OpenAsync(choice, result, cancellationToken);
            request = request with { Options = request.Options with { Speculation = speculation } };
            ContextWindow.Check(engine.Source.Spec, request.Options.Context, ModelWarnings.Tell);
            request = prompt is null ? request : request with { Prompt = await prompt.ReadAsync(cancellationToken) };
            await (chats
                ? InteractiveChat.RunAsync(engine, request.Options, choice.Asked, cancellationToken)
                : CompleteAsync(engine, choice, request, file, cancellationToken));
        });
        return command;
    }

    private static async Task CompleteAsync(
        LanguageModel engine, ModelChoice choice, TextRequest request, string? file, CancellationToken cancellationToken)
    {
        SavedText? saved = File.Exists(file) ? await engine.LoadTextAsync(file, cancellationToken) : null;
        int[] prompt = saved is null ? request.PromptIdsFor(engine) : [];
        bool template = engine.Text.UsesTemplate(request.Options);
        await using Speculator? speculator = request.Options.Speculation?.Create(engine.Text, engine.Model.VocabularySize);
        await using TextWriterSession writer = new(engine.Model, engine.Text, request.Options)
        {
            Speculator = speculator,
            Reading = PromptProgress.Begin(),
            Saver = file is null ? null : engine.SaverOf(file),
        };
        Action<string> show = request.Json ? _ => { } : Console.Out.Write;
        try
        {
            int length = ContextWindow.OfText(engine.Model, request.Options, prompt.Length);
            TextResult result = saved is not null
                ? await writer.ResumeAsync(saved, show, cancellationToken)
                : await writer.WriteAsync(prompt, length, show, cancellationToken);
            if (request.Json)
            {
                ResultWriter.Print(ResultWriter.ToJson(choice.Asked, result, template));
                return;
            }

            Console.Out.WriteLine(result.Text is null ? string.Join(',', result.Ids) : "");
            bool isDrawn = request.Options.Resolve(engine.Text).Sampling.Temperature > 0;
            Console.Error.WriteLine($"[{ResultWriter.Speed(result)}{(isDrawn ? $"; seed {result.Seed}" : "")}]");
            if (ResultWriter.Guesses(result) is { } guesses)
            {
                Console.Error.WriteLine($"[{guesses}]");
            }

            if (ResultWriter.Losses(result) is { } losses)
            {
                Console.Error.WriteLine($"[{losses}]");
            }
        }
        catch (Exception e) when (writer.Unfinished is { } soFar && e is not (BrokenOutputException or WhorlException))
        {
            if (UserErrors.Explain(e) is { } fault)
            {
                throw new CliException(EndEarly(choice, request, template, soFar, fault, e is IOException or TimeoutException));
            }

            EndEarly(choice, request, template, soFar, null, isLost: false);
            throw;
        }
    }

    /// <summary>Prints what there is of a text that goes no further.</summary>
    /// <param name="choice">The model.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="template">Whether the prompt was put into the chat template.</param>
    /// <param name="soFar">What there is.</param>
    /// <param name="fault">Why it goes no further; null where it was stopped.</param>
    /// <param name="isLost">Whether that is because a server is gone.</param>
    /// <returns>The fault, what was written until then, and what to do, in one line.</returns>
    private static string EndEarly(ModelChoice choice, TextRequest request, bool template, TextResult soFar, string? fault, bool isLost)
    {
        if (request.Json)
        {
            JsonObject json = ResultWriter.ToJson(choice.Asked, soFar, template);
            json["stop_reason"] = fault is null ? "stopped" : "error";
            json["error"] = fault;
            ResultWriter.Print(json);
        }
        else if (soFar.Text is null)
        {
            Console.Out.WriteLine(string.Join(',', soFar.Ids));
        }
        else if (soFar.Text.Length > 0 && !soFar.Text.EndsWith('\n'))
        {
            Console.Out.WriteLine();
        }

        string until = soFar.Ids.Count == 0 ? "" : $"; until then: {ResultWriter.Rates(soFar)}";
        return isLost
            ? $"{fault}{until}. Start that server again or use another, and run this again; --seed {soFar.Seed} gives the same text"
            : $"{fault}{until}";
    }
}
