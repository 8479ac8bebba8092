using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Generation;
using Whorl.Tokenizers;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl perplexity</c>: how well a model predicts a text.</summary>
internal static class PerplexityCommand
{
    public static Command Create()
    {
        ModelArguments model = new(optional: false);
        Argument<string> file = new("FILE") { Description = "A text file in UTF-8." };
        Option<int> window = new("--window")
        {
            Description = "Tokens of a window; the first of each is only read.",
            DefaultValueFactory = _ => 512,
            HelpName = "N",
        };
        Option<int?> maxWindows = new("--max-windows") { Description = "The most windows. Default: all.", HelpName = "K" };
        Option<bool> json = new("--json") { Description = "Print one JSON object when done, and nothing else." };
        RemoteArguments remote = new();
        Check.Whole(window, 2);
        Check.Whole(maxWindows, 1);
        Command command = new("perplexity", "Measure how well a model predicts a text, in windows that do not overlap.")
        {
            model.Model, file, window, maxWindows, json,
        };
        remote.AddTo(command);
        model.AddOptionsTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            string text = await InputText.ReadFileAsync(result.GetValue(file)!, cancellationToken);
            ModelChoice choice = await model.ReadAsync(result, remote.Part(result), cancellationToken);
            await using LanguageModel engine = await remote.OpenAsync(choice, result, cancellationToken);
            if (result.GetValue(window) > engine.Source.Spec.LongestText)
            {
                Console.Error.WriteLine(
                    $"whorl: --window is {result.GetValue(window)}, but the model was made for texts of {engine.Source.Spec.LongestText} tokens; "
                    + "what is measured beyond them says little");
            }

            int[] ids = engine.Text.Need().Encode(text, EncodeOptions.PlainText);
            bool quiet = result.GetValue(json);
            IProgress<Perplexity>? progress = quiet || Console.IsErrorRedirected ? null : new Line();
            Perplexity measured = await Perplexity.MeasureAsync(
                engine.Model, ids, result.GetValue(window), result.GetValue(maxWindows) ?? int.MaxValue, progress, cancellationToken);
            Report(measured, quiet);
        });
        return command;
    }

    private static void Report(Perplexity measured, bool json)
    {
        if (json)
        {
            ResultWriter.Print(new JsonObject
            {
                ["windows"] = measured.Windows,
                ["tokens"] = measured.Tokens,
                ["negative_log_likelihood"] = measured.NegativeLogLikelihood,
                ["perplexity"] = measured.Value,
            });
            return;
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"perplexity {measured.Value:F5} over {measured.Windows} windows, {measured.Tokens} tokens"));
    }

    private sealed class Line : IProgress<Perplexity>
    {
        public void Report(Perplexity value) =>
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{value.Windows} windows: {value.Value:F4}  "));
    }
}
