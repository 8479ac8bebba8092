using Google.Protobuf;
using Whorl.P2P.Protocols.Records;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.Kad;

/// <summary>Reads and writes the messages of <c>/ipfs/kad/1.0.0</c>.</summary>
internal static class KadPeers
{
    /// <summary>The longest request: a key and nothing else.</summary>
    public const int MaxRequestBytes = 16 * 1024;

    /// <summary>The longest answer: 20 peers with 64 addresses of 100 bytes have half of it.</summary>
    public const int MaxResponseBytes = 256 * 1024;

    /// <summary>The longest key that is looked up.</summary>
    public const int MaxKeyBytes = 1024;

    private const int MaxPeers = 64;

    public static KadMessage FindNode(PeerId target) =>
        new() { Type = KadMessage.Types.MessageType.FindNode, Key = ByteString.CopyFrom(target.Bytes.Span), ClusterLevelRaw = 1 };

    public static KadMessage Answer(KadMessage.Types.MessageType type, IEnumerable<(PeerId Id, IReadOnlyList<Multiaddress> Addresses, bool IsConnected)> peers)
    {
        KadMessage message = new() { Type = type, ClusterLevelRaw = 1 };
        foreach ((PeerId id, IReadOnlyList<Multiaddress> addresses, bool isConnected) in peers)
        {
            KadMessage.Types.Peer peer = new() { Id = ByteString.CopyFrom(id.Bytes.Span), Connection = isConnected ? 1u : 0u };
            peer.Addrs.AddRange(AddressList.Write(addresses));
            message.CloserPeers.Add(peer);
        }

        return message;
    }

    /// <summary>The peers an answer names, malformed ones passed over.</summary>
    public static IReadOnlyList<(PeerId Id, IReadOnlyList<Multiaddress> Addresses)> Read(KadMessage answer)
    {
        List<(PeerId, IReadOnlyList<Multiaddress>)> peers = [];
        foreach (KadMessage.Types.Peer peer in answer.CloserPeers.Take(MaxPeers))
        {
            if (PeerId.TryFromBytes(peer.Id.Span, out PeerId? id))
            {
                peers.Add((id, AddressList.Read(peer.Addrs)));
            }
        }

        return peers;
    }
}
