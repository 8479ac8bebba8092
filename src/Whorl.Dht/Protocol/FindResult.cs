using Whorl.Dht.Kademlia;
using Whorl.P2P;

namespace Whorl.Dht.Protocol;

/// <summary>What a node knows of one key.</summary>
/// <param name="Value">The value's bytes; null where it has none.</param>
/// <param name="IsDictionary">Whether the value is a dictionary.</param>
/// <param name="Expiration">Until when, in seconds of unix time.</param>
/// <param name="Nearest">The nodes nearest to the key that it knows, nearest first.</param>
internal sealed record FindResult(
    ReadOnlyMemory<byte>? Value, bool IsDictionary, double Expiration, IReadOnlyList<(DhtId Id, PeerId Peer)> Nearest);
