namespace Whorl.P2P.Tests.Multiformats;

public sealed class MultiaddressTests
{
    private const string Id = "QmNV5G3hq2UmAck2htEgsqrmPFBff5goFZAdmKDcZLBZLX";

    [Fact]
    public void The_recorded_address_has_the_recorded_bytes()
    {
        Multiaddress address = Multiaddress.Parse($"/ip4/127.0.0.1/tcp/31337/p2p/{Id}");
        Assert.Equal("047f000001067a69a503221220022867f25450dd1a3cd92741ecfdff5e68f8d62daca9d58fa339275dd30fb56c", Convert.ToHexStringLower(address.Bytes.Span));
        Assert.Equal(PeerId.Parse(Id), address.PeerId);
        Assert.True(address.TryGetTcp(out string? host, out int port));
        Assert.Equal(("127.0.0.1", 31337), (host, port));
    }

    [Theory]
    [InlineData("/ip4/1.2.3.4/tcp/80", true)]
    [InlineData("/ip6/::1/tcp/4001", true)]
    [InlineData("/ip6/2001:db8::ff00:42:8329/tcp/1", true)]
    [InlineData("/dns/bootstrap1.petals.dev/tcp/31337/p2p/" + Id, true)]
    [InlineData("/dns4/example.org/tcp/1", true)]
    [InlineData("/dns6/example.org/tcp/1", true)]
    [InlineData("/dnsaddr/bootstrap.libp2p.io", false)]
    [InlineData("/ip4/1.2.3.4/udp/4001/quic-v1", false)]
    [InlineData("/ip4/1.2.3.4/udp/4001/quic-v1/webtransport/certhash/uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g", false)]
    [InlineData("/ip4/1.2.3.4/tcp/443/tls/sni/example.org/ws", false)]
    [InlineData("/ip4/1.2.3.4/tcp/4001/ws", false)]
    [InlineData("/unix/tmp/a/b.sock", false)]
    [InlineData("/memory/18446744073709551615", false)]
    [InlineData("/ip4/1.2.3.4/tcp/4001/p2p/" + Id + "/p2p-circuit", true)]
    [InlineData("/ip4/1.2.3.4/tcp/4001/p2p/" + Id + "/p2p-circuit/p2p/12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw", true)]
    public void Text_and_bytes_give_each_other(string text, bool dialable)
    {
        Multiaddress address = Multiaddress.Parse(text);
        Assert.Equal(text, address.ToString());
        Multiaddress again = Multiaddress.FromBytes(address.Bytes.Span);
        Assert.Equal(text, again.ToString());
        Assert.Equal(address, again);
        Assert.Equal(address.GetHashCode(), again.GetHashCode());
        Assert.Equal(dialable, address.IsDialable);
    }

    [Theory]
    [InlineData("mAXIAJAgBEiDUc146Jl4W7uA/WXGLm10DAZwH2LbFH5DaOmZu7BOrNQ", "12D3KooWQ7gdf9VVJk9HPD9MxFjSwtC8o96SEAAGqnrYzR2Q8gcc")]
    [InlineData("MAXIAJAgBEiBFI1QPFQTNFxAMSDXoW37v1JkRWA+O//BZmo8oO+a54w==", "12D3KooWEUFYY4S6BaFz2f7K2p27CHT9MeBpLPKdDn8wHdeenppi")]
    [InlineData("mAXISIKIYVdoIyxAtHSF8U9xYJKOnlcHBpE6XG/Aaudo6Ksu/", "QmZFQH8SJ9y8jyUzbDmLswu9Kow7QZaiA3AoSpCYf6xycA")]
    public void An_id_in_base64_may_have_slashes(string text, string id)
    {
        Assert.Equal($"/ip4/1.2.3.4/tcp/80/p2p/{id}", Multiaddress.Parse("/ip4/1.2.3.4/tcp/80/p2p/" + text).ToString());
        Assert.Equal($"/ip4/1.2.3.4/tcp/80/p2p/{id}/p2p-circuit", Multiaddress.Parse($"/ip4/1.2.3.4/tcp/80/p2p/{text}/p2p-circuit").ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ip4/1.2.3.4")]
    [InlineData("/")]
    [InlineData("/ip4")]
    [InlineData("/ip4/1.2.3")]
    [InlineData("/ip4/::1")]
    [InlineData("/ip6/1.2.3.4/tcp/1")]
    [InlineData("/ip4/1.2.3.4/tcp/65536")]
    [InlineData("/ip4/1.2.3.4/tcp/-1")]
    [InlineData("/ip4/1.2.3.4//tcp/1")]
    [InlineData("/nonsense/1")]
    [InlineData("/p2p/x")]
    public void Text_that_is_no_address_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => Multiaddress.Parse(text));
        Assert.False(Multiaddress.TryParse(text, out _));
    }

    [Fact]
    public void A_circuit_names_its_relay_and_its_peer()
    {
        Multiaddress relay = Multiaddress.Parse($"/ip4/1.2.3.4/tcp/4001/p2p/{Id}");
        PeerId far = PeerId.Parse("12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw");
        Multiaddress circuit = relay.WithCircuit().WithPeer(far);
        Assert.Equal(relay, circuit.Relay);
        Assert.Equal(far, circuit.PeerId);
        Assert.Equal(relay.WithCircuit(), circuit.WithoutPeer());
        PeerAddress peer = new(null, circuit);
        Assert.Equal(far, peer.Id);
    }

    [Fact]
    public void A_peer_address_with_two_different_ids_is_refused()
    {
        Multiaddress address = Multiaddress.Parse($"/ip4/1.2.3.4/tcp/4001/p2p/{Id}");
        Assert.Throws<ArgumentException>(() => new PeerAddress(PeerId.Parse("12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw"), address));
        Assert.Throws<ArgumentException>(() => new PeerAddress(null));
    }

    [Fact]
    public void An_address_of_a_peer_cannot_drive_the_terminal_on_which_it_is_shown()
    {
        byte[] bytes = Multiaddress.Parse("/dns4/a.b[2J/tcp/1").Bytes.ToArray();
        Assert.Equal("/dns4/a.b[2J/tcp/1", Multiaddress.FromBytes(bytes).ToString());
        bytes[Array.IndexOf(bytes, (byte)'b')] = 0x1b;
        Assert.Throws<WireFormatException>(() => Multiaddress.FromBytes(bytes));
    }

    [Fact]
    public void Any_bytes_give_an_address_or_a_wire_format_error()
    {
        Random random = new(2);
        byte[] valid = Multiaddress.Parse($"/dns4/example.org/tcp/443/p2p/{Id}/p2p-circuit").Bytes.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = (byte[])valid.Clone();
            for (int change = random.Next(4); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            if (Multiaddress.TryFromBytes(bytes, out Multiaddress? address))
            {
                Assert.Equal(address, Multiaddress.FromBytes(address.Bytes.Span));
                Assert.StartsWith("/", address.ToString());
            }
            else
            {
                Assert.Throws<WireFormatException>(() => Multiaddress.FromBytes(bytes));
            }
        }
    }
}
