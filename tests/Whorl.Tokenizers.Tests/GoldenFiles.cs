using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Tokenizers.Tests;

/// <summary>Reading of the golden tokenizer files.</summary>
internal static class GoldenFiles
{
    public static string PathOf(params string[] parts) => ReferenceData.PathOf(["golden", "tokenizers", .. parts]);

    public static byte[] Unzip(string path)
    {
        using var zip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var content = new MemoryStream();
        zip.CopyTo(content);
        return content.ToArray();
    }

    public static IEnumerable<JsonElement> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.UTF8);
        while (reader.ReadLine() is string line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }

    public static int[]? Ids(this JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) ? [.. value.EnumerateArray().Select(id => id.GetInt32())] : null;

    public static string? Text(this JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    /// <summary>The synthetic cases that have a file.</summary>
    public static IEnumerable<string> SyntheticCasesWith(string file) => Directory.GetDirectories(PathOf("synthetic"))
        .Where(folder => File.Exists(Path.Combine(folder, file))).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);
}
