using System.Globalization;
using System.Text.RegularExpressions;

namespace Whorl.Formats;

/// <summary>Which files of a repository make up a model.</summary>
internal static partial class FileSelection
{
    // What is taken of a GGUF repository where nothing is named: the first that there is.
    private static readonly string[] Preferred = ["Q4_K_M", "Q5_K_M", "Q4_0", "Q4_1", "Q8_0", "BF16", "F16", "F32"];

    /// <summary>The files of the model that a reference means.</summary>
    /// <exception cref="HubException">There are none, or several that fit equally.</exception>
    public static IReadOnlyList<string> Select(IReadOnlyList<string> files, HubReference reference)
    {
        bool hasSafetensors = files.Any(IsWeights);
        if (reference.Quantisation is null && hasSafetensors)
        {
            return [.. files.Where(file => IsWeights(file) || IsConfiguration(file)).Order(StringComparer.Ordinal)];
        }

        IGrouping<string, string>[] models =
            [.. files.Where(IsGguf).GroupBy(ModelName).OrderBy(model => model.Key, StringComparer.Ordinal)];
        if (models.Length == 0)
        {
            throw new HubException(HubErrorKind.Selection, reference.Quantisation is null
                ? $"{reference.Id} has neither safetensors nor GGUF files"
                : $"{reference.Id} has no GGUF files, so there is no {reference.Quantisation} to choose; leave it out");
        }

        return [.. Choose(models, reference).Order(StringComparer.Ordinal)];
    }

    /// <summary>Small files beside the weights: configuration, tokenizer, chat template.</summary>
    public static bool IsConfiguration(string file) => !file.Contains('/') && ConfigurationName().IsMatch(file)
        && (file == "model.safetensors.index.json" || !file.EndsWith(".index.json", StringComparison.Ordinal));

    /// <summary>Whether of every split file all parts are there.</summary>
    public static bool IsComplete(IReadOnlyList<string> files)
    {
        foreach (Match part in files.Select(file => PartNumber().Match(file)).Where(part => part.Success))
        {
            int count = int.Parse(part.Groups["count"].Value, CultureInfo.InvariantCulture);
            string stem = part.Groups["stem"].Value;
            if (files.Count(file => PartNumber().Match(file) is { Success: true } other && other.Groups["stem"].Value == stem) != count)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsWeights(string file) => !file.Contains('/') && file.EndsWith(".safetensors", StringComparison.Ordinal)
        && (file == "model.safetensors" || ShardName().IsMatch(file));

    /// <summary>Whether a file is a GGUF model, whole or in part; projectors of images are no models of their own.</summary>
    public static bool IsGguf(string file) => file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
        && !Path.GetFileName(file).Contains("mmproj", StringComparison.OrdinalIgnoreCase)
        && !Path.GetFileName(file).Contains("imatrix", StringComparison.OrdinalIgnoreCase);

    // The parts of a split file share a name.
    private static string ModelName(string file) => GgufPart().Replace(file, "");

    private static IGrouping<string, string> Choose(IGrouping<string, string>[] models, HubReference reference)
    {
        if (reference.Quantisation is { } wanted)
        {
            return Only([.. models.Where(model => Names(model.Key, wanted))], reference, models);
        }

        if (models.Length == 1)
        {
            return models[0];
        }

        foreach (string quantisation in Preferred)
        {
            if (models.Where(model => Names(model.Key, quantisation)).ToArray() is [var single])
            {
                return single;
            }
        }

        return Only([], reference, models);
    }

    private static IGrouping<string, string> Only(
        IGrouping<string, string>[] fitting, HubReference reference, IGrouping<string, string>[] all) => fitting.Length == 1
        ? fitting[0]
        : throw new HubException(
            HubErrorKind.Selection,
            $"{reference.Id} has {(fitting.Length == 0 ? "no" : "more than one")} file for "
            + $"{reference.Quantisation ?? "a usual quantisation"}; "
            + $"name one of: {string.Join(", ", all.Select(model => Quantisation(model.Key)).Distinct())}");

    // The name as a whole word: Q4_K is not Q4_K_M.
    private static bool Names(string model, string quantisation) =>
        Regex.IsMatch(model, $@"(^|[-./_]){Regex.Escape(quantisation)}($|[-./])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    private static string Quantisation(string model) =>
        QuantisationName().Matches(model) is { Count: > 0 } found ? found[^1].Value.ToUpperInvariant() : Path.GetFileName(model);

    [GeneratedRegex(
        @"^(?!training_args)[^/]*(\.json|\.jinja|\.model|\.tiktoken)$|^(merges|vocab|added_tokens)\.txt$", RegexOptions.CultureInvariant)]
    private static partial Regex ConfigurationName();

    [GeneratedRegex(@"^model-\d{5}-of-\d{5}\.safetensors$", RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();

    [GeneratedRegex(@"^(?<stem>.*)-\d{5}-of-(?<count>\d{5})\.", RegexOptions.CultureInvariant)]
    private static partial Regex PartNumber();

    [GeneratedRegex(@"(-\d{5}-of-\d{5})?\.gguf$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex GgufPart();

    [GeneratedRegex(
        @"(?<=^|[-./_])(I?Q\d[A-Z0-9_]*|TQ\d_\d|BF16|FP?16|FP?32|MXFP\d\w*)(?=$|[-./])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QuantisationName();
}
