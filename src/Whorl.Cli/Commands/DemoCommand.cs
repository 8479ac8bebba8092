using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Chaos;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Generation.Speculation;
using Whorl.Models;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl demo</c>: a model split over server processes of this machine, checked against one process.</summary>
internal static class DemoCommand
{
    private const float MostDelay = 10_000, LeastBandwidth = 0.1f;

    private const string DefaultPrompt = "ROMEO.\nO, "; // after the name alone the model often ends at once

    public static Command Create()
    {
        ModelArguments model = new(optional: true);
        GenerationArguments generation = new(withoutPrompt: "demo continues ROMEO's first words");
        Option<int> servers = new("--servers")
        {
            Description = "How many server processes to start.",
            DefaultValueFactory = _ => 3,
            HelpName = "N",
        };
        Check.Whole(servers, 1);
        Option<float> delay = new("--delay-ms")
        {
            Description = "As if the servers were far away: whatever is sent to or by one of them comes X milliseconds later.",
            HelpName = "X",
        };
        Check.Number(delay, value => value is >= 0 and <= MostDelay, $"a number from 0 to {MostDelay}");
        Option<float> bandwidth = new("--mbits")
        {
            Description = "As if each server had a line of Y megabits a second in either direction.",
            HelpName = "Y",
        };
        Check.Number(bandwidth, value => value >= LeastBandwidth, "a number, 0.1 or more");
        DraftArguments draft = new();
        Command command = new(
            "demo",
            "Split a model over server processes on this machine, write text through them, and check that one process writes the same.")
        {
            model.Model,
        };
        generation.AddTo(command);
        draft.AddTo(command);
        model.AddOptionsTo(command);
        command.Add(servers);
        command.Add(delay);
        command.Add(bandwidth);
        command.SetAction(async (result, cancellationToken) =>
        {
            TextRequest request = await ReadAsync(generation, result, cancellationToken);
            ModelChoice choice = await model.ReadAsync(result, ModelPart.Whole, cancellationToken);
            int count = result.GetValue(servers);
            SpeculationOptions? speculation = await draft.ReadAsync(result, choice.Options, cancellationToken);
            await using LanguageModel? guessing = speculation?.Draft;
            request = request with { Options = request.Options with { Speculation = speculation } };
            await using DistantServers distance = new(TimeSpan.FromMilliseconds(result.GetValue(delay)), result.GetValue(bandwidth));
            return await RunAsync(choice, model.DivideCores(result, choice, count), request, count, distance, cancellationToken);
        });
        return command;
    }

    private static async Task<TextRequest> ReadAsync(GenerationArguments generation, ParseResult result, CancellationToken cancellationToken)
    {
        TextRequest request = generation.Read(result);
        if (request is { Prompt: null, PromptIds: null, Files.Count: 0 })
        {
            return request with { Prompt = DefaultPrompt };
        }

        PromptText? prompt = request.PromptIds is null ? await PromptText.BeginAsync(request, takesInput: false, cancellationToken) : null;
        return prompt is null ? request : request with { Prompt = await prompt.ReadAsync(cancellationToken) };
    }

    private static async Task<int> RunAsync(
        ModelChoice choice, ModelChoice part, TextRequest request, int count, DistantServers distance, CancellationToken cancellationToken)
    {
        Action<string> say = request.Json ? _ => { } : Console.Out.Write;
        IReadOnlyList<BlockRange> ranges = SplitModel(choice, request, count);
        ServerProcess?[] servers = new ServerProcess?[count];
        TextResult remote;
        bool template;
        try
        {
            await Task.WhenAll(ranges.Select(
                (range, i) => CollectAsync(ServerProcess.StartAsync(part, range, identity: null, cancellationToken), servers, i)));
            for (int i = 0; i < count; i++)
            {
                say($"server {servers[i]!.Address} holds blocks {ranges[i]}\n");
            }

            say("\n");
            string[] addresses = [.. servers.Select(s => distance.AddressOf(s!.Address))];
            await using LanguageModel engine = await LanguageModel.ConnectAsync(
                part.Located, part.Options, addresses, NetworkOptions.Dialler, prefix: "", cancellationToken);
            template = engine.Text.UsesTemplate(request.Options);
            remote = await WriteAsync(engine, request, say, cancellationToken);
        }
        finally
        {
            foreach (ServerProcess server in servers.OfType<ServerProcess>())
            {
                await server.DisposeAsync();
            }
        }

        await using LanguageModel local = await LanguageModel.LoadAsync(choice.Located, choice.Options, cancellationToken);
        TextResult alone = await WriteAsync(local, request with { Options = request.Options with { Speculation = null } }, _ => { }, cancellationToken);
        bool same = remote.Ids.SequenceEqual(alone.Ids) && remote.Text == alone.Text;
        Report(choice, request, template, remote, alone, same);
        return same ? 0 : 1;
    }

    /// <summary>Why the two speeds differ.</summary>
    private static string Compare(TextResult remote, TextResult alone)
    {
        double through = remote.Decode.TotalMilliseconds / remote.DecodeSteps, here = alone.Decode.TotalMilliseconds / alone.DecodeSteps;
        string times = string.Create(
            CultureInfo.InvariantCulture, $"a token takes {through:F2} ms through the servers, one after the other, and {here:F2} ms in one process");
        return $"{times}.\nThe difference is the way between processes, which share this machine's cores and have just started: a split makes no text "
            + "faster,\nit makes models possible that are too large for one machine. The larger the model, the less the way matters.";
    }

    /// <summary>Waits for a server and puts it where it will be stopped, whatever becomes of the others.</summary>
    private static async Task CollectAsync(Task<ServerProcess> starting, ServerProcess?[] servers, int index) =>
        servers[index] = await starting;

    private static IReadOnlyList<BlockRange> SplitModel(ModelChoice choice, TextRequest request, int count)
    {
        using ModelSource source = choice.OpenSource();
        ContextWindow.Check(source.Spec, request.Options.Context, ModelWarnings.Tell);
        int blocks = source.Spec.Blocks.Count;
        return count <= blocks
            ? BlockRange.Split(blocks, count)
            : throw new CliException(
                $"--servers is {count}, but the model has {blocks} blocks, and each server needs one; give at most {blocks}");
    }

    private static async Task<TextResult> WriteAsync(
        LanguageModel engine, TextRequest request, Action<string> show, CancellationToken cancellationToken)
    {
        int[] prompt = request.PromptIdsFor(engine);
        await using Speculator? speculator = request.Options.Speculation?.Create(engine.Text, engine.Model.VocabularySize);
        await using TextWriterSession writer = new(engine.Model, engine.Text, request.Options) { Speculator = speculator };
        if (request.Prompt is not null && !engine.Text.UsesTemplate(request.Options))
        {
            show(request.Prompt);
        }

        return await writer.WriteAsync(prompt, ContextWindow.OfText(engine.Model, request.Options, prompt.Length), show, cancellationToken);
    }

    private static void Report(
        ModelChoice choice, TextRequest request, bool template, TextResult remote, TextResult alone, bool same)
    {
        if (request.Json)
        {
            JsonObject json = ResultWriter.ToJson(choice.Asked, remote, template);
            json["same_as_local"] = same;
            json["local"] = ResultWriter.Times(alone);
            ResultWriter.Print(json);
            return;
        }

        TextWriter output = Console.Out;
        output.WriteLine(remote.Text is null ? string.Join(',', remote.Ids) : "");
        output.WriteLine();
        foreach (BlockHolder holder in remote.Holders)
        {
            double steps = Math.Max(holder.Steps, 1);
            double total = holder.Total.TotalMilliseconds / steps, computing = holder.Computing.TotalMilliseconds / steps;
            double way = total - computing;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{holder.Name}  blocks {holder.Range,-7}  {total:F3} ms a step: {computing:F3} computing, {way:F3} on the way"));
        }

        output.WriteLine($"through {remote.Holders.Count} servers: {ResultWriter.Speed(remote)}; seed {remote.Seed}");
        if (ResultWriter.Guesses(remote) is { } guesses)
        {
            output.WriteLine(guesses);
        }

        output.WriteLine($"in one process: {ResultWriter.Speed(alone)}");
        if (remote.DecodeSteps > 0 && alone.DecodeSteps > 0)
        {
            output.WriteLine(Compare(remote, alone));
        }

        output.WriteLine(same ? "the texts are the same, byte for byte" : "THE TEXTS DIFFER: this must not be; please report it");
    }
}
