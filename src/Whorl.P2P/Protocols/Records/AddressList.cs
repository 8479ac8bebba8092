using Google.Protobuf;

namespace Whorl.P2P.Protocols.Records;

/// <summary>Addresses as messages carry them.</summary>
internal static class AddressList
{
    /// <summary>Further addresses of one peer are passed over.</summary>
    public const int MaxAddresses = 64;

    /// <summary>Reads what can be read: one unknown transport does not spoil the list.</summary>
    public static IReadOnlyList<Multiaddress> Read(IEnumerable<ByteString> addresses)
    {
        List<Multiaddress> read = [];
        foreach (ByteString bytes in addresses.Take(MaxAddresses))
        {
            if (Multiaddress.TryFromBytes(bytes.Span, out Multiaddress? address))
            {
                read.Add(address);
            }
        }

        return read;
    }

    public static IEnumerable<ByteString> Write(IEnumerable<Multiaddress> addresses) =>
        addresses.Take(MaxAddresses).Select(a => ByteString.CopyFrom(a.Bytes.Span));
}
