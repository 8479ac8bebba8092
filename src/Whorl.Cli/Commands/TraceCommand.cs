using System.CommandLine;
using Whorl.Cli.Arguments;
using Whorl.Cli.Engine;
using Whorl.Client;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl trace</c>: everything a model computes on the way, into a file.</summary>
internal static class TraceCommand
{
    public static Command Create()
    {
        ModelArguments model = new(optional: true);
        Argument<string[]> prompt = new("PROMPT") { Description = "The text.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> promptIds = new("--prompt-ids") { Description = "Token ids in place of a text: 5,6,7.", HelpName = "IDS" };
        Option<bool> chat = new("--chat") { Description = "The prompt is one message of a user." };
        Option<string> output = new("--out") { Description = "The safetensors file to write.", Required = true, HelpName = "FILE" };
        RemoteArguments remote = new();
        Command command = new(
            "trace", "Write hidden states at every block boundary, the head's input and the logits to a safetensors file.")
        {
            model.Model, prompt, promptIds, chat, output,
        };
        remote.AddTo(command);
        model.AddOptionsTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            string? ids = result.GetValue(promptIds), text = GenerationArguments.Words(result.GetValue(prompt));
            string path = Path.GetFullPath(result.GetValue(output)!);
            if (ids is null == text is null)
            {
                throw new CliException("give a prompt or --prompt-ids");
            }

            RefuseUnwritable(path);
            ModelChoice choice = await model.ReadAsync(result, remote.Part(result), cancellationToken);
            await using LanguageModel engine = await remote.OpenAsync(choice, result, cancellationToken);
            int[] tokens = ids is null
                ? engine.PromptIds(text!, new TextOptions { UsesTemplate = result.GetValue(chat) })
                : engine.Check(GenerationArguments.ParseIds(ids));
            ModelTrace trace = await engine.TraceAsync(tokens, cancellationToken);
            await SafetensorsWriter.WriteAsync(path, Tensors(trace, tokens.Length), null, cancellationToken);
            Console.Error.WriteLine($"{tokens.Length} tokens, {trace.Hidden.Count - 1} blocks: {path}");
        });
        return command;
    }

    /// <summary>Tells before anything is computed that the result could not be written.</summary>
    private static void RefuseUnwritable(string path)
    {
        string folder = Path.GetDirectoryName(path) ?? path;
        if (Directory.Exists(path))
        {
            throw new CliException($"--out is {path}, but that is a folder; give a file");
        }

        if (!Directory.Exists(folder))
        {
            throw new CliException($"--out is {path}, but there is no folder {folder}; make it first");
        }

        try
        {
            // A name that nobody has: what stands at the path is replaced when the result is whole, and not before.
            using FileStream probe = File.Create(Path.Combine(folder, Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--out is {path}, but nothing can be written to {folder}: {e.Message}");
        }
    }

    private static List<TensorSource> Tensors(ModelTrace trace, int tokens)
    {
        List<TensorSource> tensors = [.. trace.Hidden.Select((hidden, k) => Tensor($"hidden.{k}", hidden, tokens))];
        tensors.Add(Tensor("final", trace.Final, tokens));
        tensors.Add(Tensor("logits", trace.Logits, tokens));
        return tensors;
    }

    private static TensorSource Tensor(string name, float[] values, int rows) =>
        TensorSource.FromSingles(name, ElementType.F32, [rows, values.Length / rows], values);
}
