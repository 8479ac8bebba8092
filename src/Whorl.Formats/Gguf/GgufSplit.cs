using System.Globalization;
using System.Text.RegularExpressions;

namespace Whorl.Formats;

/// <summary>
/// Split files as <c>llama-gguf-split</c> writes them: <c>name-00001-of-00003.gguf</c>, each with the keys <c>split.no</c> (from 0),
/// <c>split.count</c> and <c>split.tensors.count</c> (of all parts together).
/// </summary>
internal static partial class GgufSplit
{
    private const string NumberKey = "split.no";
    private const string CountKey = "split.count";
    private const string TensorsKey = "split.tensors.count";

    /// <summary>The most parts a model may have, as the five digits in the name allow.</summary>
    private const int MaxParts = 99_999;

    /// <summary>The full paths of all parts in order; the path itself where the file is not split.</summary>
    /// <param name="path">One part's full path.</param>
    /// <param name="metadata">That part's.</param>
    /// <exception cref="ModelFormatException">The name does not follow the pattern, or a part is missing.</exception>
    public static IReadOnlyList<string> PartsOf(string path, GgufMetadata metadata)
    {
        int count = metadata.FindInt32(CountKey) ?? 1;
        if (count <= 1)
        {
            return [path];
        }

        Match name = PartName().Match(Path.GetFileName(path));
        if (count > MaxParts || !name.Success || int.Parse(name.Groups["count"].Value, CultureInfo.InvariantCulture) != count)
        {
            throw new ModelFormatException(
                path,
                $"the file is one of {count} parts, but its name does not end in -00001-of-{count:D5}.gguf; rename the parts",
                CountKey);
        }

        string folder = Path.GetDirectoryName(path)!;
        string stem = Path.Combine(folder, name.Groups["stem"].Value);
        string[] parts = [.. Enumerable.Range(1, count).Select(i => $"{stem}-{i:D5}-of-{count:D5}.gguf")];
        return Array.Find(parts, part => !File.Exists(part)) is { } missing
            ? throw new ModelFormatException(
                missing, $"this part of the split model is missing beside {Path.GetFileName(path)}; download it")
            : parts;
    }

    /// <summary>Checks that the parts say of themselves what their names say, and that no tensor is missing or there twice.</summary>
    /// <exception cref="ModelFormatException">They do not belong together.</exception>
    public static void Check(IReadOnlyList<string> paths, IReadOnlyList<GgufHeader> parts)
    {
        Dictionary<string, string> fileOf = new(StringComparer.Ordinal);
        for (int i = 0; i < parts.Count; i++)
        {
            GgufMetadata metadata = parts[i].Metadata;
            if (parts.Count > 1 && (metadata.FindInt32(NumberKey) != i || metadata.FindInt32(CountKey) != parts.Count))
            {
                throw new ModelFormatException(
                    paths[i],
                    $"the file says it is another part than number {i} of {parts.Count}; it belongs to another model, download it again",
                    NumberKey);
            }

            foreach (TensorEntry tensor in parts[i].Tensors.Concat(parts[i].Absent))
            {
                if (!fileOf.TryAdd(tensor.Name, paths[i]))
                {
                    throw new ModelFormatException(
                        paths[i], $"{fileOf[tensor.Name]} has a tensor of this name too", tensor.Name, tensor.Offset);
                }
            }
        }

        if (parts.Count > 1 && parts[0].Metadata.FindInt32(TensorsKey) is { } expected && expected != fileOf.Count)
        {
            throw new ModelFormatException(
                paths[0], $"all parts together should have {expected} tensors and have {fileOf.Count}; download them again", TensorsKey);
        }
    }

    [GeneratedRegex(@"^(?<stem>.*)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
