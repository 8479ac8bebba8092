using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Protocol;

/// <summary>One thing that a peer is asked to store.</summary>
/// <param name="Key">Where.</param>
/// <param name="Tag">msgpack nil for a plain value, empty for a whole dictionary, else a subkey.</param>
/// <param name="Value">What.</param>
/// <param name="Expiration">Until when, in seconds of unix time.</param>
/// <param name="InCache">Whether only in the cache, from which it may go earlier.</param>
internal sealed record StoreItem(DhtId Key, ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Value, double Expiration, bool InCache)
{
    /// <summary>The tag of a plain value: msgpack nil.</summary>
    public static readonly byte[] PlainTag = [0xc0];

    /// <summary>Whether the value is a plain one.</summary>
    public bool IsPlain => Tag.Span.SequenceEqual(PlainTag);

    /// <summary>Whether the value is a whole dictionary.</summary>
    public bool IsDictionary => Tag.IsEmpty;
}
