using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Whorl.Formats;

/// <summary>The JSON files of a Hugging Face folder.</summary>
internal static class HuggingFaceJson
{
    /// <summary>The most bytes such a file may have; the largest known (indices and tokenizers of big models) have some 30 MB.</summary>
    public const int MaxBytes = 256 << 20;

    /// <summary>Reads a file whose root is an object.</summary>
    /// <remarks>
    /// Python writes <c>NaN</c> and <c>Infinity</c>, which are no JSON: they are read as the string "NaN", which nobody takes for a
    /// number, and as ±1e999, which is infinite.
    /// </remarks>
    /// <exception cref="ModelFormatException">It is missing, too large, no JSON, or no object.</exception>
    public static JsonElement Read(string path)
    {
        byte[] bytes;
        using (Microsoft.Win32.SafeHandles.SafeFileHandle file = TensorFile.Open(path))
        {
            long length = RandomAccess.GetLength(file);
            if (length > MaxBytes)
            {
                throw new ModelFormatException(path, $"the file has {length} bytes, more than the {MaxBytes} allowed for JSON");
            }

            bytes = GC.AllocateUninitializedArray<byte>((int)length);
            TensorFile.ReadExactly(file, path, 0, bytes);
        }

        return Parse(path, bytes);
    }

    internal static JsonElement Parse(string path, byte[] bytes)
    {
        bool hasMark = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble);
        ReadOnlyMemory<byte> json = bytes.AsMemory(hasMark ? Encoding.UTF8.Preamble.Length : 0);
        if (!Utf8.IsValid(json.Span))
        {
            throw new ModelFormatException(path, "the file is not UTF-8; download it again");
        }

        JsonDocumentOptions options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        try
        {
            using JsonDocument document = JsonDocument.Parse(HasPythonNumbers(json.Span) ? WithoutPythonNumbers(json.Span) : json, options);
            CheckSurrogates(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new ModelFormatException(path, $"the file should be a JSON object and is a {document.RootElement.ValueKind}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException(path, $"the file is no proper JSON: {e.Message}", inner: e);
        }
    }

    /// <summary>Half a surrogate pair, as in "\ud800", would otherwise come to light only when somebody asks for the string.</summary>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    private static void CheckSurrogates(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckSurrogates(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    CheckSurrogates(item);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }

    private static bool HasPythonNumbers(ReadOnlySpan<byte> json) => json.IndexOf("NaN"u8) >= 0 || json.IndexOf("Infinity"u8) >= 0;

    private static byte[] WithoutPythonNumbers(ReadOnlySpan<byte> json)
    {
        MemoryStream copy = new(json.Length);
        bool inString = false;
        for (int i = 0; i < json.Length; i++)
        {
            if (!inString && json[i..].StartsWith("NaN"u8))
            {
                copy.Write("\"NaN\""u8);
                i += "NaN".Length - 1;
            }
            else if (!inString && json[i..].StartsWith("Infinity"u8))
            {
                copy.Write("1e999"u8);
                i += "Infinity".Length - 1;
            }
            else
            {
                copy.WriteByte(json[i]);
                if (inString && json[i] == '\\' && i + 1 < json.Length)
                {
                    copy.WriteByte(json[++i]);
                }
                else if (json[i] == '"')
                {
                    inString = !inString;
                }
            }
        }

        return copy.ToArray();
    }
}
