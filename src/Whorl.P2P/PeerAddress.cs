using System.Diagnostics.CodeAnalysis;

namespace Whorl.P2P;

/// <summary>A peer to dial: who it is, where it may be, or both.</summary>
public sealed class PeerAddress
{
    /// <param name="id">Whom the answerer must prove to be; null accepts anyone at the addresses.</param>
    /// <param name="addresses">Where to try; a trailing <c>/p2p/…</c> is dropped and must name the same peer. Empty: the host must find the peer.</param>
    /// <exception cref="ArgumentException">Neither an id nor an address, or an address that names another peer.</exception>
    public PeerAddress(PeerId? id, params IEnumerable<Multiaddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        List<Multiaddress> plain = [];
        foreach (Multiaddress address in addresses)
        {
            if (address.PeerId is { } named && named != (id ??= named))
            {
                throw new ArgumentException($"{address} does not lead to {id}", nameof(addresses));
            }

            if (address.WithoutPeer() is { } rest)
            {
                plain.Add(rest);
            }
        }

        if (id is null && plain.Count == 0)
        {
            throw new ArgumentException("a peer needs an id or an address", nameof(addresses));
        }

        Id = id;
        Addresses = plain;
    }

    /// <summary>Whom to expect, or null for whoever answers.</summary>
    public PeerId? Id { get; }

    /// <summary>Where to try, without a trailing <c>/p2p/…</c>; may be empty where there is an id.</summary>
    public IReadOnlyList<Multiaddress> Addresses { get; }

    /// <summary>Reads a multiaddr (<c>/ip4/…/tcp/…/p2p/…</c>) or a bare peer id.</summary>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static PeerAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith('/') ? new PeerAddress(null, Multiaddress.Parse(text)) : new PeerAddress(PeerId.Parse(text));
    }

    /// <summary>Reads as <see cref="Parse"/> does; false where it would throw.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PeerAddress? peer)
    {
        try
        {
            peer = text is null ? null : Parse(text);
        }
        catch (FormatException)
        {
            peer = null;
        }

        return peer is not null;
    }

    /// <summary>A peer of which only the id is known.</summary>
    public static implicit operator PeerAddress(PeerId id) => new(id);

    /// <summary>The same peer, for languages without conversions.</summary>
    public static PeerAddress FromPeerId(PeerId id) => new(id);

    /// <summary>The id, then the addresses in brackets.</summary>
    public override string ToString() => $"{Id?.ToString() ?? "anyone"} [{string.Join(", ", Addresses)}]";
}
