using System.Text;

namespace Whorl.P2P;

/// <summary>What may be a protocol id: one line of multistream-select.</summary>
internal static class ProtocolIds
{
    /// <summary>The longest id in UTF-8: a multistream message of 1024 bytes less its line feed, and one byte to spare.</summary>
    public const int MaxBytes = 1022;

    /// <exception cref="ArgumentException">Empty, too long, or with a line feed.</exception>
    public static void Check(string protocolId)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocolId);
        if (protocolId.Contains('\n', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(protocolId) > MaxBytes)
        {
            throw new ArgumentException($"a protocol id has at most {MaxBytes} bytes and no line feed", nameof(protocolId));
        }
    }
}
