using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Whorl.Formats;

/// <summary>
/// A safetensors file with some of another's tensors. Its metadata keep the other's header, so that a model of which only a part was
/// fetched still knows name, type and shape of every tensor.
/// </summary>
internal static class PartialFile
{
    private const string WholeHeader = "whorl.whole_header";
    private const string WholeDataLength = "whorl.whole_data_length";

    /// <summary>Writes the entries of <c>__metadata__</c>.</summary>
    /// <param name="writer">Stands in the metadata's object.</param>
    /// <param name="header">The JSON of the whole file's header.</param>
    /// <param name="dataLength">The bytes behind it.</param>
    public static void WriteMetadata(Utf8JsonWriter writer, ReadOnlySpan<byte> header, long dataLength)
    {
        writer.WriteString(WholeHeader, Encoding.UTF8.GetString(header).TrimEnd());
        writer.WriteString(WholeDataLength, dataLength.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The tensors of the whole file that this one lacks.</summary>
    /// <exception cref="ModelFormatException">What it keeps of the whole file's header is not well formed.</exception>
    public static IReadOnlyList<TensorEntry> ReadAbsent(string path, SafetensorsHeader header)
    {
        if (!header.Metadata.TryGetValue(WholeHeader, out string? json))
        {
            return [];
        }

        string? number = header.Metadata.GetValueOrDefault(WholeDataLength);
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            throw new ModelFormatException(path, $"the header's metadata lack {WholeDataLength}; remove the file and fetch it again");
        }

        SafetensorsHeader whole = new SafetensorsHeaderParser(path, dataStart: 0, length).Parse(Encoding.UTF8.GetBytes(json));
        HashSet<string> present = [.. header.Tensors.Select(tensor => tensor.Name)];
        return [.. whole.Tensors.Where(tensor => !present.Contains(tensor.Name)).Select(tensor => tensor.AbsentFrom(path))];
    }
}
