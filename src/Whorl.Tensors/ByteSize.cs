using System.Globalization;

namespace Whorl.Tensors;

/// <summary>Sizes as people read them.</summary>
public static class ByteSize
{
    /// <summary>A number of bytes in the unit in which it has one to four digits before the point: bytes, KiB, MiB or GiB.</summary>
    /// <param name="bytes">The size; below 0 counts as 0.</param>
    public static string ToText(long bytes) => bytes switch
    {
        <= 0 => "0 bytes",
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:F2} GiB"),
    };
}
