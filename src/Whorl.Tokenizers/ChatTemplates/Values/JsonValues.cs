using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Makes values from JSON, as Python's json module reads it.</summary>
internal static class JsonValues
{
    public static Value Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => new StrValue(element.GetString()!),
        JsonValueKind.Number => Number(element.GetRawText()),
        JsonValueKind.True => BoolValue.True,
        JsonValueKind.False => BoolValue.False,
        JsonValueKind.Array => new ListValue([.. element.EnumerateArray().Select(Read)]),
        JsonValueKind.Object => Dictionary(element),
        _ => NoneValue.Instance,
    };

    private static DictValue Dictionary(JsonElement element)
    {
        var dict = new DictValue();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            dict.Set(property.Name, Read(property.Value));
        }

        return dict;
    }

    private static Value Number(string text) => text.AsSpan().ContainsAny(".eE")
        ? new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture))
        : IntValue.Of(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
}
