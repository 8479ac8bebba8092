
namespace Whorl.Tests;

/// <summary>Addresses as people and the environments of containers write them.</summary>
public sealed class AddressTests
{
    private const string Id = "12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw";

    [Theory]
    [InlineData("127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001")]
    [InlineData("localhost:32779", "/dns/localhost/tcp/32779")]
    [InlineData("box-7.lan:1", "/dns/box-7.lan/tcp/1")]
    [InlineData("whorl_server:65535", "/dns/whorl_server/tcp/65535")]
    [InlineData("[::1]:80", "/ip6/::1/tcp/80")]
    [InlineData("/ip4/10.0.0.7/tcp/31337", "/ip4/10.0.0.7/tcp/31337")]
    [InlineData("/ip6/fe00::7/tcp/31337", "/ip6/fe00::7/tcp/31337")]
    [InlineData("/dns4/box/tcp/31337", "/dns4/box/tcp/31337")]
    public void A_peer_is_dialled_by_name_or_number(string text, string address) =>
        Assert.Equal(address, Assert.Single(Addresses.ParsePeer(text).Addresses).ToString());

    [Theory]
    [InlineData(":8080", "/ip4/0.0.0.0/tcp/8080")]
    [InlineData("*:8080", "/ip4/0.0.0.0/tcp/8080")]
    [InlineData("localhost:0", "/ip4/127.0.0.1/tcp/0")]
    [InlineData("0.0.0.0:31337", "/ip4/0.0.0.0/tcp/31337")]
    [InlineData("[::]:31337", "/ip6/::/tcp/31337")]
    [InlineData("/dns4/localhost/tcp/31337", "/ip4/127.0.0.1/tcp/31337")]
    public void A_place_to_listen_is_an_address_of_this_machine(string text, string address) =>
        Assert.Equal(address, Addresses.ParseListen(text).ToString());

    [Theory]
    [InlineData("example.org:31337", "/dns/example.org/tcp/31337")]
    [InlineData("/dns4/example.org/tcp/31337", "/dns4/example.org/tcp/31337")]
    public void A_name_that_others_are_told_stays_a_name(string text, string address) =>
        Assert.Equal(address, Addresses.ParseAnnounced(text).ToString());

    [Theory]
    [InlineData("nowhere", "no port")]
    [InlineData("127.0.0.1", "no port")]
    [InlineData("[::1]", "no port")]
    [InlineData("::1:5001", "brackets")]
    [InlineData("localhost:", "from 1 to 65535")]
    [InlineData("localhost:0", "from 1 to 65535")]
    [InlineData("localhost:65536", "from 1 to 65535")]
    [InlineData("localhost:http", "from 1 to 65535")]
    [InlineData(":5001", "neither a name nor an IP address")]
    [InlineData("300.1.1.1:5001", "neither a name nor an IP address")]
    [InlineData("a b:5001", "neither a name nor an IP address")]
    [InlineData("[fe80::1%1]:5001", "without a zone")]
    [InlineData("http://localhost:5001", "without a scheme")]
    [InlineData("/ip4/127.0.0.1/udp/1/quic-v1", "only TCP")]
    [InlineData("/ip4/127.0.0.1", "only TCP")]
    [InlineData("/ip5/127.0.0.1/tcp/1", "ip5")]
    [InlineData("/dnsaddr/bootstrap.libp2p.io", "text records")]
    public void A_wrong_one_is_told_with_what_is_wrong_and_what_is_right(string text, string words)
    {
        WhorlException e = Assert.Throws<WhorlException>(() => Addresses.ParsePeer(text));
        Assert.Contains($"'{text}'", e.Message, StringComparison.Ordinal);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Contains("HOST:PORT", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_nobody_has_cannot_be_listened_on() =>
        Assert.Contains("no-such.invalid", Assert.Throws<WhorlException>(() => Addresses.ParseListen("no-such.invalid:1")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0.0.0.0:5001")]
    [InlineData("/ip4/10.0.0.7/tcp/0")]
    public void What_nobody_can_dial_is_not_announced(string text) => Assert.Throws<WhorlException>(() => Addresses.ParseAnnounced(text));

    [Fact]
    public void An_id_may_stand_behind_an_address_or_alone()
    {
        Assert.Equal(Id, Addresses.ParsePeer($"/dns4/box/tcp/5001/p2p/{Id}").Id!.ToString());
        Assert.Empty(Addresses.ParsePeer(Id).Addresses);
    }
}
