using System.Text.Json;
using Whorl.Protocol.Messages;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Tensors;

/// <summary>A recorded compression: what hivemind made of an array, and what it read back.</summary>
internal sealed record CodecCase(
    string Input, TensorCompression Compression, int[] Shape, string Type, bool RequiresGrad,
    byte[]? Data, byte[]? Proto, byte[]? Back, string? Error, bool Legacy, int SplitBytes, IReadOnlyList<byte[]> Parts)
{
    public static IReadOnlyList<CodecCase> Load()
    {
        byte[] bytes = File.ReadAllBytes(ReferenceData.PathOf("golden", "petals", "codecs.bin"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.PathOf("golden", "petals", "codecs.json")));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(item => Read(item, bytes))];
    }

    public override string ToString() => $"{Input} {Compression}";

    private static CodecCase Read(JsonElement item, byte[] bytes) => new(
        item.GetProperty("input").GetString()!,
        Enum.Parse<TensorCompression>(
            item.GetProperty("compression").GetString()!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
        item.TryGetProperty("shape", out JsonElement shape) ? [.. shape.EnumerateArray().Select(size => size.GetInt32())] : [],
        item.TryGetProperty("dtype", out JsonElement type) ? type.GetString()! : "",
        item.TryGetProperty("requires_grad", out JsonElement grad) && grad.GetBoolean(),
        Slice(item, "data", bytes),
        Slice(item, "proto", bytes),
        Slice(item, "back", bytes),
        item.TryGetProperty("error", out JsonElement error) ? error.GetString() : null,
        item.TryGetProperty("legacy_float32_payload", out _),
        item.TryGetProperty("split_bytes", out JsonElement split) ? split.GetInt32() : 0,
        item.TryGetProperty("parts", out JsonElement parts) ? [.. parts.EnumerateArray().Select(part => Slice(part, bytes))] : []);

    private static byte[]? Slice(JsonElement item, string name, byte[] bytes) =>
        item.TryGetProperty(name, out JsonElement place) && place.ValueKind == JsonValueKind.Object ? Slice(place, bytes) : null;

    private static byte[] Slice(JsonElement place, byte[] bytes) =>
        bytes.AsSpan(place.GetProperty("offset").GetInt32(), place.GetProperty("length").GetInt32()).ToArray();
}
