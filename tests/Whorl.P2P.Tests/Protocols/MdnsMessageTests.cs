using System.Text;
using Whorl.P2P.Protocols.Mdns;

namespace Whorl.P2P.Tests.Protocols;

/// <summary>Packets of mDNS: what libp2p's peers write is read, and whatever a stranger writes is a message or refused.</summary>
public sealed class MdnsMessageTests
{
    private const string Peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

    [Fact]
    public void A_question_for_all_peers_is_the_one_of_the_specification()
    {
        byte[] question = MdnsMessage.WriteQuestion();
        Assert.Equal("000000000001000000000000" + "045F703270" + "045F756470" + "056C6F63616C" + "00" + "000C" + "0001", Convert.ToHexString(question));
        Assert.True(MdnsMessage.Read(question).AsksForPeers);
    }

    [Fact]
    public void An_answer_names_every_address_with_its_peer()
    {
        Multiaddress[] addresses = [Multiaddress.Parse($"/ip4/192.168.1.5/tcp/4001/p2p/{Peer}"), Multiaddress.Parse($"/ip6/fd00::1/tcp/4001/p2p/{Peer}")];
        MdnsMessage read = MdnsMessage.Read(MdnsMessage.WriteAnswer("abc123", addresses));
        Assert.False(read.AsksForPeers);
        Assert.Equal(addresses, read.Addresses);
    }

    [Fact]
    public void Names_are_read_through_pointers_and_in_any_case_as_other_programs_write_them()
    {
        // go-libp2p's library compresses: the pointer record's target and the text record's owner point at names before them.
        string text = $"dnsaddr=/ip4/10.0.0.7/tcp/4001/p2p/{Peer}";
        byte[] packet =
        [
            .. Convert.FromHexString("000084000000000100000001" + "045F503270045F554450056C6F63616C00" + "000C0001" + "00000078" + "0004" + "0161C00C"),
            .. Convert.FromHexString("C027" + "00108001" + "00000078"),
            0, (byte)(text.Length + 1), (byte)text.Length, .. Encoding.ASCII.GetBytes(text),
        ];
        Assert.Equal([Multiaddress.Parse(text["dnsaddr=".Length..])], MdnsMessage.Read(packet).Addresses);
    }

    [Theory]
    [InlineData("too soon", "000084000000000100000000" + "045F7032")] // a name that does not end
    [InlineData("points", "000084000000000100000000" + "C00C")] // one that points at itself
    [InlineData("points", "000084000000000100000000" + "0161C00E")] // one that points behind its beginning
    [InlineData("too long", "000084000000000100000000" + "40")] // a part of 64 bytes
    [InlineData("records", "0000840000000000FFFF0000")] // 65535 records in twelve bytes
    [InlineData("bytes", "00008400")]
    public void What_is_malformed_or_beyond_the_limits_is_refused(string word, string packet) =>
        Assert.Contains(word, Assert.Throws<WireFormatException>(() => MdnsMessage.Read(Convert.FromHexString(packet))).Message, StringComparison.Ordinal);

    [Fact]
    public void Addresses_without_a_peer_or_that_cannot_be_dialled_are_passed_over_and_no_packet_names_more_than_the_limit()
    {
        string[] texts =
        [
            "dnsaddr=/ip4/10.0.0.1/tcp/1", $"dnsaddr=/ip4/10.0.0.1/udp/1/quic-v1/p2p/{Peer}", "dnsaddr=x", "other=1",
            .. Enumerable.Range(1, MdnsMessage.MaxAddresses + 20).Select(port => $"dnsaddr=/ip4/10.0.0.1/tcp/{port}/p2p/{Peer}"),
        ];
        byte[] data = [.. texts.SelectMany(text => (byte[])[(byte)text.Length, .. Encoding.ASCII.GetBytes(text)])];
        byte[] packet =
        [
            .. Convert.FromHexString("000084000000000100000000" + "0161045F703270045F756470056C6F63616C00" + "0010000100000078"),
            (byte)(data.Length >> 8), (byte)data.Length, .. data,
        ];
        IReadOnlyList<Multiaddress> read = MdnsMessage.Read(packet).Addresses;
        Assert.Equal(MdnsMessage.MaxAddresses, read.Count);
        Assert.All(read, address => Assert.Equal(Peer, address.PeerId!.ToString()));
    }

    [Fact]
    public void Any_bytes_are_a_message_or_refused()
    {
        byte[] valid = MdnsMessage.WriteAnswer("abc", [Multiaddress.Parse($"/ip4/10.0.0.7/tcp/4001/p2p/{Peer}")]);
        Random random = new(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. valid.AsSpan(0, random.Next(valid.Length + 1))];
            for (int change = random.Next(6); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                Assert.InRange(MdnsMessage.Read(bytes).Addresses.Count, 0, MdnsMessage.MaxAddresses);
            }
            catch (WireFormatException)
            {
                continue; // refused
            }
        }
    }
}
