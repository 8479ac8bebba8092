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
        Argument<string?> prompt = new("PROMPT") { Description = "The text.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> promptIds = new("--prompt-ids") { Description = "Token ids in place of a text: 5,6,7.", HelpName = "IDS" };
        Option<bool> chat = new("--chat") { Description = "The prompt is one message of a user." };
        Option<string> output = new("--out") { Description = "The safetensors file to write.", Required = true, HelpName = "FILE" };
        RemoteArguments remote = new();
        Command command = new("trace", "Write hidden states at every block boundary, the head's input and the logits to a safetensors file.")
        {
            model.Model, prompt, promptIds, chat, output,
        };
        remote.AddTo(command);
        model.AddOptionsTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            string? ids = result.GetValue(promptIds), text = result.GetValue(prompt);
            if (ids is null == text is null)
            {
                throw new CliException("give a prompt or --prompt-ids");
            }

            EngineOptions options = await model.ReadAsync(result, remote.Part(result), cancellationToken);
            await using LocalEngine engine = await remote.OpenAsync(options, result, cancellationToken);
            int[] tokens = ids is not null ? GenerationArguments.ParseIds(ids) : engine.Text.Encode(text!, result.GetValue(chat));
            ModelTrace trace = await ModelTrace.TakeAsync(engine.Model, tokens, cancellationToken);
            await SafetensorsWriter.WriteAsync(result.GetValue(output)!, Tensors(trace, tokens.Length), null, cancellationToken);
            Console.Error.WriteLine($"{tokens.Length} tokens, {trace.Hidden.Count - 1} blocks: {result.GetValue(output)}");
        });
        return command;
    }

    private static List<TensorSource> Tensors(ModelTrace trace, int tokens)
    {
        List<TensorSource> tensors = [.. trace.Hidden.Select((hidden, k) => Tensor($"hidden.{k}", hidden, tokens))];
        tensors.Add(Tensor("final", trace.Final, tokens));
        tensors.Add(Tensor("logits", trace.Logits, tokens));
        return tensors;
    }

    private static TensorSource Tensor(string name, float[] values, int rows) => TensorSource.FromSingles(name, ElementType.F32, [rows, values.Length / rows], values);
}
