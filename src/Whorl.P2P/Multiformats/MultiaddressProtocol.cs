using System.Collections.Frozen;

namespace Whorl.P2P.Multiformats;

/// <summary>One row of the <see href="https://github.com/multiformats/multiaddr/blob/master/protocols.csv">multiaddr table</see>: how a component's value is written.</summary>
/// <param name="Code">The varint code.</param>
/// <param name="Name">The name in the text form.</param>
/// <param name="Size">The value's bytes; 0 for none, <see cref="LengthPrefixed"/> where a varint length stands before it.</param>
/// <param name="Form">How the value is written as text.</param>
internal sealed record MultiaddressProtocol(int Code, string Name, int Size, MultiaddressValueForm Form)
{
    public const int LengthPrefixed = -1;

    public const int Ip4 = 4, Tcp = 6, Ip6 = 41, Dns = 53, Dns4 = 54, Dns6 = 55, DnsAddr = 56, P2PCircuit = 290, P2P = 421, Memory = 777;

    private static readonly MultiaddressProtocol[] All =
    [
        new(Ip4, "ip4", 4, MultiaddressValueForm.Ip),
        new(Tcp, "tcp", 2, MultiaddressValueForm.Number),
        new(Ip6, "ip6", 16, MultiaddressValueForm.Ip),
        new(42, "ip6zone", LengthPrefixed, MultiaddressValueForm.Text),
        new(Dns, "dns", LengthPrefixed, MultiaddressValueForm.Text),
        new(Dns4, "dns4", LengthPrefixed, MultiaddressValueForm.Text),
        new(Dns6, "dns6", LengthPrefixed, MultiaddressValueForm.Text),
        new(DnsAddr, "dnsaddr", LengthPrefixed, MultiaddressValueForm.Text),
        new(132, "sctp", 2, MultiaddressValueForm.Number),
        new(273, "udp", 2, MultiaddressValueForm.Number),
        new(275, "p2p-webrtc-star", 0, MultiaddressValueForm.None),
        new(276, "p2p-webrtc-direct", 0, MultiaddressValueForm.None),
        new(280, "webrtc-direct", 0, MultiaddressValueForm.None),
        new(281, "webrtc", 0, MultiaddressValueForm.None),
        new(P2PCircuit, "p2p-circuit", 0, MultiaddressValueForm.None),
        new(301, "udt", 0, MultiaddressValueForm.None),
        new(302, "utp", 0, MultiaddressValueForm.None),
        new(400, "unix", LengthPrefixed, MultiaddressValueForm.Path),
        new(P2P, "p2p", LengthPrefixed, MultiaddressValueForm.Peer),
        new(448, "tls", 0, MultiaddressValueForm.None),
        new(449, "sni", LengthPrefixed, MultiaddressValueForm.Text),
        new(454, "noise", 0, MultiaddressValueForm.None),
        new(460, "quic", 0, MultiaddressValueForm.None),
        new(461, "quic-v1", 0, MultiaddressValueForm.None),
        new(465, "webtransport", 0, MultiaddressValueForm.None),
        new(466, "certhash", LengthPrefixed, MultiaddressValueForm.Multibase),
        new(477, "ws", 0, MultiaddressValueForm.None),
        new(478, "wss", 0, MultiaddressValueForm.None),
        new(480, "http", 0, MultiaddressValueForm.None),
        new(443, "https", 0, MultiaddressValueForm.None),
        new(Memory, "memory", 8, MultiaddressValueForm.Number),
    ];

    private static readonly FrozenDictionary<int, MultiaddressProtocol> ByCode = All.ToFrozenDictionary(p => p.Code);
    private static readonly FrozenDictionary<string, MultiaddressProtocol> ByName = All.ToFrozenDictionary(p => p.Name);

    public static MultiaddressProtocol? Find(ulong code) => code <= int.MaxValue ? ByCode.GetValueOrDefault((int)code) : null;

    public static MultiaddressProtocol? Find(string name) => ByName.GetValueOrDefault(name == "ipfs" ? "p2p" : name);
}
