using System.Text;
using System.Text.Json;

namespace Whorl.Tokenizers.Tests;

/// <summary>Compares a tokenizer with recorded lines; see the README beside them for what each member means.</summary>
internal static class GoldenLines
{
    private static readonly EncodeOptions Parsed = new() { AddSpecialTokens = false };

    /// <summary>Asserts that every line of the file is reproduced in all its members.</summary>
    public static void AssertEqual(Tokenizer tokenizer, string path)
    {
        var failures = new List<string>();
        int lines = 0;
        foreach (JsonElement line in GoldenFiles.Lines(path))
        {
            lines++;
            foreach (string failure in Compare(tokenizer, line))
            {
                failures.Add($"{line.Text("class")} {failure} {line}");
            }
        }

        Assert.True(lines > 0, $"{path} has no lines");
        Assert.True(failures.Count == 0, Report(path, lines, failures));
    }

    /// <summary>Asserts that incremental decoding shows every recorded piece when it was shown.</summary>
    public static void AssertStreamsEqual(Tokenizer tokenizer, string path)
    {
        var failures = new List<string>();
        int lines = 0;
        foreach (JsonElement line in GoldenFiles.Lines(path))
        {
            lines++;
            StreamingDecoder stream = tokenizer.StartDecoding();
            string[] expected = [.. line.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()!)];
            string[] pieces = [.. line.Ids("ids")!.Select(stream.Append)];
            string rest = stream.Flush();
            if (!expected.SequenceEqual(pieces) || rest != line.Text("flush"))
            {
                failures.Add($"[{string.Join('|', pieces)}] and '{rest}' for {line}");
            }
        }

        Assert.True(failures.Count == 0, Report(path, lines, failures));
    }

    private static string Report(string path, int lines, List<string> failures) =>
        $"{failures.Count} failures in {lines} lines of {path}:\n"
        + string.Join('\n', failures.OrderBy(failure => failure.Length).Take(8)
            .Select(failure => failure.Length > 1500 ? failure[..1500] : failure));

    private static IEnumerable<string> Compare(Tokenizer tokenizer, JsonElement line)
    {
        if (line.Text("pair") is string second)
        {
            TokenEncoding pair = tokenizer.EncodePair(line.Text("text")!, second);
            if (!pair.Ids.SequenceEqual(line.Ids("ids_with_special")!) || !pair.TypeIds.SequenceEqual(line.Ids("type_ids")!))
            {
                yield return $"pair [{string.Join(',', pair.Ids)}] [{string.Join(',', pair.TypeIds)}]";
            }

            yield break;
        }

        int[] ids = line.Ids("ids")!;
        if (line.Text("text") is string text)
        {
            foreach (string failure in CompareEncodings(tokenizer, line, TextOf(line, text), ids))
            {
                yield return failure;
            }
        }

        string decoded = tokenizer.Decode(ids);
        if (decoded != line.Text("decoded"))
        {
            yield return $"decoded '{decoded}'";
        }

        string? skipped = line.Text("decoded_skip_special");
        if (line.Text("class") != "decode-random-ids" && tokenizer.Decode(ids, skipSpecialTokens: true) != (skipped ?? decoded))
        {
            yield return $"decoded_skip_special '{tokenizer.Decode(ids, skipSpecialTokens: true)}'";
        }
    }

    private static string TextOf(JsonElement line, string text)
    {
        if (line.Text("text_utf16le_b64") is string units)
        {
            byte[] bytes = Convert.FromBase64String(units);
            return new string([.. Enumerable.Range(0, bytes.Length / 2).Select(i => (char)(bytes[i * 2] | bytes[i * 2 + 1] << 8))]);
        }

        if (line.Text("text_b64") is string utf8)
        {
            Assert.Equal(text, Encoding.UTF8.GetString(Convert.FromBase64String(utf8)));
        }

        return text;
    }

    private static IEnumerable<string> CompareEncodings(Tokenizer tokenizer, JsonElement line, string text, int[] ids)
    {
        (string Name, int[] Expected, EncodeOptions Options)[] ways =
        [
            ("ids", ids, Parsed),
            ("ids_plain", line.Ids("ids_plain") ?? ids, EncodeOptions.PlainText),
            ("ids_with_special", line.Ids("ids_with_special") ?? ids, EncodeOptions.Default),
        ];
        foreach ((string name, int[] expected, EncodeOptions options) in ways)
        {
            int[] actual = line.Text("text_b64") is string utf8
                ? tokenizer.EncodeUtf8(Convert.FromBase64String(utf8), options)
                : tokenizer.Encode(text, options);
            if (!actual.SequenceEqual(expected))
            {
                yield return $"{name} [{string.Join(',', actual)}]";
            }
        }

        if (line.TryGetProperty("offsets", out JsonElement offsets))
        {
            TokenEncoding encoding = tokenizer.EncodeWithOffsets(text, Parsed);
            var expected = offsets.EnumerateArray().Select(offset => new TokenOffset(offset[0].GetInt32(), offset[1].GetInt32()));
            if (!encoding.Offsets.SequenceEqual(expected) || !encoding.Ids.SequenceEqual(ids))
            {
                yield return $"offsets [{string.Join(',', encoding.Offsets.Select(offset => $"[{offset.Start},{offset.End}]"))}]";
            }
        }
    }
}
