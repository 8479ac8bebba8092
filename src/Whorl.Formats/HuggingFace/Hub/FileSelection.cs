using System.Globalization;
using System.Text.RegularExpressions;

namespace Whorl.Formats;

/// <summary>Which files of a repository make up a model.</summary>
internal static partial class FileSelection
{
    // What is taken of a GGUF repository where nothing is named: the first that there is.
    private static readonly string[] Preferred = ["Q4_K_M", "Q5_K_M", "Q4_0", "Q4_1", "Q8_0", "BF16", "F16", "F32"];

    /// <summary>The name of the file that tells which others hold weights.</summary>
    public const string Index = "model.safetensors.index.json";

    private const string Single = "model.safetensors";
    private const string Config = "config.json";

    /// <summary>Whether it takes the index to tell the files of the model that a reference means.</summary>
    public static bool NeedsIndex(IReadOnlyList<string> files, HubReference reference) =>
        reference.Quantisation is null && files.Contains(Index) && !files.Contains(Single);

    /// <summary>The files of the model that a reference means.</summary>
    /// <param name="files">All there are.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="shards">
    /// Where <see cref="NeedsIndex"/>: the files that the index names, whatever they are called; null where it could not be read.
    /// </param>
    /// <exception cref="HubException">There are none, or several that fit equally.</exception>
    public static IReadOnlyList<string> Select(IReadOnlyList<string> files, HubReference reference, IReadOnlyList<string>? shards)
    {
        bool sharded = NeedsIndex(files, reference);
        if (sharded && shards?.FirstOrDefault(shard => !shard.EndsWith(".safetensors", StringComparison.Ordinal)) is { } other)
        {
            throw new HubException(
                HubErrorKind.Selection,
                $"{reference.Id}: its {Index} names {other}, which is no safetensors file; convert the model to safetensors");
        }

        IReadOnlyList<string> weights = sharded ? shards ?? []
            : reference.Quantisation is not null ? []
            : files.Contains(Single) ? [Single]
            : WithoutIndex(files);
        if (sharded || weights.Count > 0)
        {
            return [.. files.Where(IsConfiguration).Concat(weights).Distinct().Order(StringComparer.Ordinal)];
        }

        IGrouping<string, string>[] models =
            [.. files.Where(IsGguf).GroupBy(ModelName).OrderBy(model => model.Key, StringComparer.Ordinal)];
        if (models.Length == 0)
        {
            throw new HubException(HubErrorKind.Selection, reference.Quantisation is not null
                ? $"{reference.Id} has no GGUF files, so there is no {reference.Quantisation} to choose; leave it out"
                : files.FirstOrDefault(IsPickled) is { } pickled
                ? $"{reference.Id} has neither safetensors nor GGUF files; its weights are pickled ({pickled}), "
                    + "a format that runs code when it is read"
                : $"{reference.Id} has neither safetensors nor GGUF files");
        }

        return [.. Choose(models, reference).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether files that were selected are a whole model, as far as the files that are there tell.</summary>
    /// <param name="selected">The files that are meant.</param>
    /// <param name="there">Those that are there.</param>
    public static bool IsWhole(IReadOnlyList<string> selected, IReadOnlyList<string> there) => selected.All(there.Contains)
        && (selected.All(IsGguf)
            ? IsComplete(selected)
            : there.Contains(Config) && selected.Any(IsWeights) && (there.Contains(Index) || IsComplete(selected)));

    /// <summary>Small files beside the weights: configuration, tokenizer, chat template.</summary>
    public static bool IsConfiguration(string file) => !file.Contains('/') && ConfigurationName().IsMatch(file)
        && (file == Index || !file.EndsWith(".index.json", StringComparison.Ordinal));

    /// <summary>Whether of every split file all parts are there, as far as their names tell.</summary>
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

    /// <summary>The files that a model lacks, as far as the files that are there tell: shards that an index names, parts of a split file.</summary>
    /// <param name="there">The files that are there.</param>
    /// <param name="shards">What the index names; null where there is none, or none that can be read.</param>
    public static IReadOnlyList<string> Missing(IReadOnlyList<string> there, IReadOnlyList<string>? shards)
    {
        SortedSet<string> wanted = new(shards ?? [], StringComparer.Ordinal);
        foreach (Match part in there.Select(file => PartNumber().Match(file)).Where(part => part.Success))
        {
            int count = int.Parse(part.Groups["count"].Value, CultureInfo.InvariantCulture);
            for (int number = 1; number <= count && shards is null; number++)
            {
                wanted.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{part.Groups["stem"].Value}-{number:D5}-of-{count:D5}.{part.Result("$'")}"));
            }
        }

        wanted.ExceptWith(there);
        return [.. wanted];
    }

    /// <summary>Whether a file holds weights that can be opened.</summary>
    public static bool HasWeights(string file) => IsWeights(file) || IsGguf(file);

    /// <summary>The shards of a repository that has lost its index: those whose names count.</summary>
    private static IReadOnlyList<string> WithoutIndex(IReadOnlyList<string> files) =>
        [.. files.Where(file => !file.Contains('/') && IsWeights(file) && PartNumber().IsMatch(file))];

    private static bool IsWeights(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal);

    private static bool IsPickled(string file) => !file.Contains('/')
        && Path.GetExtension(file) is ".bin" or ".pt" or ".pth";

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

    [GeneratedRegex(@"^(?<stem>.*)-\d{5}-of-(?<count>\d{5})\.", RegexOptions.CultureInvariant)]
    private static partial Regex PartNumber();

    [GeneratedRegex(@"(-\d{5}-of-\d{5})?\.gguf$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex GgufPart();

    [GeneratedRegex(
        @"(?<=^|[-./_])(I?Q\d[A-Z0-9_]*|TQ\d_\d|BF16|FP?16|FP?32|MXFP\d\w*)(?=$|[-./])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QuantisationName();
}
