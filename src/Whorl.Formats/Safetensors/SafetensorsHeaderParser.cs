using System.Text.Json;
using System.Text.Unicode;
using Whorl.Tensors;

namespace Whorl.Formats;

/// <summary>Reads the JSON of a safetensors header and checks that its tensors fill the data exactly.</summary>
internal sealed class SafetensorsHeaderParser(string path, long dataStart, long fileLength)
{
    private const string MetadataKey = "__metadata__";
    private const int JsonStart = 8;

    private readonly Dictionary<string, TensorEntry> _tensors = new(StringComparer.Ordinal);
    private Dictionary<string, string>? _metadata;

    private long DataLength => fileLength - dataStart;

    public SafetensorsHeader Parse(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new ModelFormatException(path, "the header is not UTF-8; the file is damaged, download it again", offset: JsonStart);
        }

        Utf8JsonReader reader = new(json);
        try
        {
            ParseRoot(ref reader);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair.
            throw new ModelFormatException(
                path,
                $"the header is no proper JSON ({FirstLine(e.Message)}); the file is damaged, download it again",
                offset: At(reader),
                inner: e);
        }

        TensorEntry[] inOrder = [.. _tensors.Values.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength)];
        CheckCoverage(inOrder);
        return new SafetensorsHeader(inOrder, _metadata ?? []);
    }

    private static long At(in Utf8JsonReader reader) => JsonStart + reader.TokenStartIndex;

    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd();

    private void ParseRoot(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "an object with an entry for each tensor", null);
        while (NextProperty(ref reader, out string name))
        {
            if (name == MetadataKey)
            {
                ParseMetadata(ref reader);
            }
            else if (!_tensors.TryAdd(name, ParseTensor(ref reader, name)))
            {
                throw Wrong(reader, "the header names this tensor twice", name);
            }
        }

        if (reader.Read())
        {
            throw Wrong(reader, "there is more after the header's closing brace", null);
        }
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "an object of strings", MetadataKey);
        if (_metadata is not null)
        {
            throw Wrong(reader, "the header has it twice", MetadataKey);
        }

        _metadata = new(StringComparer.Ordinal);
        while (NextProperty(ref reader, out string key))
        {
            Expect(ref reader, JsonTokenType.String, $"a string as the value of '{key}'", MetadataKey);
            if (!_metadata.TryAdd(key, reader.GetString()!))
            {
                throw Wrong(reader, $"the key '{key}' stands there twice", MetadataKey);
            }
        }
    }

    private TensorEntry ParseTensor(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, "an object with dtype, shape and data_offsets", name);
        while (NextProperty(ref reader, out string key))
        {
            switch (key)
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String, "a string as dtype", name);
                    type = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ParseIntegers(ref reader, name, "shape", TensorShape.MaxDimensions);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ParseIntegers(ref reader, name, "data_offsets", 2);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Wrong(reader, $"the header gives its {key} twice", name);
                default:
                    reader.Read();
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is not { Length: 2 } range)
        {
            throw Wrong(reader, "the header lacks its dtype, shape or two data_offsets", name);
        }

        return MakeEntry(reader, name, type, shape, range[0], range[1]);
    }

    private TensorEntry MakeEntry(in Utf8JsonReader reader, string name, string typeName, long[] shape, long begin, long end)
    {
        if (begin > end)
        {
            throw Wrong(reader, $"its data_offsets [{begin}, {end}] end before they begin", name);
        }

        if (end > DataLength)
        {
            throw new ModelFormatException(
                path,
                $"its data end at byte {end} of {DataLength} there are; the file is truncated, download it again",
                name,
                dataStart + begin);
        }

        if (TensorShape.Count(shape) is not { } elements)
        {
            throw Wrong(reader, $"its shape [{string.Join(", ", shape)}] has more than 2^63 - 1 elements", name);
        }

        // Types are checked when they are used: a file may carry tensors that nobody asks for.
        ElementTypeInfo? type = ElementTypes.TryParse(typeName, out ElementTypeInfo? known) && !known.IsQuantised ? known : null;
        if (type is not null && (Int128)elements * type.BlockBytes != end - begin)
        {
            throw Wrong(
                reader, $"its shape [{string.Join(", ", shape)}] of {typeName} does not fill its data_offsets [{begin}, {end}]", name);
        }

        return new TensorEntry(name, type, typeName, shape, path, dataStart + begin, end - begin);
    }

    private void CheckCoverage(ReadOnlySpan<TensorEntry> inOrder)
    {
        long expected = dataStart;
        string? before = null;
        foreach (TensorEntry entry in inOrder)
        {
            if (entry.Offset != expected)
            {
                string what = entry.Offset < expected
                    ? $"its data overlap those of '{before}'"
                    : $"{entry.Offset - expected} bytes before its data belong to no tensor";
                throw new ModelFormatException(
                    path, $"{what}; the file is damaged or was not written by a safetensors library", entry.Name, entry.Offset);
            }

            expected += entry.ByteLength;
            before = entry.Name;
        }

        if (expected != fileLength)
        {
            throw new ModelFormatException(
                path,
                $"the last {fileLength - expected} bytes belong to no tensor; the file is damaged or has something appended",
                offset: expected);
        }
    }

    private long[] ParseIntegers(ref Utf8JsonReader reader, string name, string key, int most)
    {
        Expect(ref reader, JsonTokenType.StartArray, $"an array as {key}", name);
        List<long> numbers = new(Math.Min(most, 4));
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw Wrong(reader, $"its {key} must be whole numbers from 0 to 2^63 - 1", name);
            }

            if (numbers.Count == most)
            {
                throw Wrong(reader, $"its {key} has more than {most} numbers", name);
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static bool NextProperty(ref Utf8JsonReader reader, out string name)
    {
        reader.Read();
        bool isProperty = reader.TokenType == JsonTokenType.PropertyName;
        name = isProperty ? reader.GetString()! : "";
        return isProperty;
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType token, string what, string? tensor)
    {
        reader.Read();
        if (reader.TokenType != token)
        {
            throw Wrong(reader, $"the header should have {what} here", tensor);
        }
    }

    private ModelFormatException Wrong(in Utf8JsonReader reader, string what, string? tensor) => new(path, what, tensor, At(reader));
}
