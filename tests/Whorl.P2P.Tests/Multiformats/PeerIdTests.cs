namespace Whorl.P2P.Tests.Multiformats;

public sealed class PeerIdTests
{
    [Fact]
    public void An_Ed25519_id_holds_its_key()
    {
        byte[] key = [0x08, 0x01, 0x12, 0x20, .. new byte[32]];
        PeerId id = PeerId.FromPublicKey(key);
        Assert.Equal("12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw", id.ToString());
        Assert.Equal(key, id.InlinePublicKey.ToArray());
        Assert.Equal("002408011220" + new string('0', 64), Convert.ToHexStringLower(id.Bytes.Span));
    }

    [Theory]
    [InlineData("QmNV5G3hq2UmAck2htEgsqrmPFBff5goFZAdmKDcZLBZLX", "1220022867f25450dd1a3cd92741ecfdff5e68f8d62daca9d58fa339275dd30fb56c")]
    public void Base58_gives_the_multihash_and_back(string text, string hex)
    {
        PeerId id = PeerId.Parse(text);
        Assert.Equal(hex, Convert.ToHexStringLower(id.Bytes.Span));
        Assert.Equal(text, PeerId.FromBytes(id.Bytes.Span).ToString());
    }

    [Fact]
    public void The_CID_of_the_specification_is_the_same_id()
    {
        PeerId id = PeerId.Parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe");
        Assert.Equal("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", id.ToString());
        Assert.Equal("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", id.ToCid());
        Assert.True(id == PeerId.Parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"));
    }

    [Theory]
    [InlineData("bafzaajaiaejcaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("BAFZAAJAIAEJCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("cafzaajaiaejcaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("CAFZAAJAIAEJCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("v05p0090804920000000000000000000000000000000000000000000000000000")]
    [InlineData("V05P0090804920000000000000000000000000000000000000000000000000000")]
    [InlineData("t05p0090804920000000000000000000000000000000000000000000000000000")]
    [InlineData("T05P0090804920000000000000000000000000000000000000000000000000000")]
    [InlineData("hyf3yyjyeyrjnyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")]
    [InlineData("k51qzi5uqu5dg6l7sg2ssb5uefnq8g7g1d6n6j2zsio0o0k7snyb11p8myhxxc")]
    [InlineData("K51QZI5UQU5DG6L7SG2SSB5UEFNQ8G7G1D6N6J2ZSIO0O0K7SNYB11P8MYHXXC")]
    [InlineData("f01720024080112200000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("F01720024080112200000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("z5AanNVJCxnEqPFcs4REuxtQRRkfHCV96p2tEdBBBksKBB6coikHdvX")]
    [InlineData("Z5azMnuicXMeQofBS4qeUXTpqqKEhcu96P2TeCbbbKSjbb6BNHKhCVw")]
    [InlineData("mAXIAJAgBEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("MAXIAJAgBEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("uAXIAJAgBEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("UAXIAJAgBEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    public void A_CID_is_read_in_any_multibase(string text)
    {
        Assert.Equal("12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw", PeerId.Parse(text).ToString());
    }

    [Theory]
    [InlineData("k!")]
    [InlineData("f123")]
    [InlineData("mAXI*")]
    [InlineData("MAXI")]
    [InlineData("u AXI")]
    [InlineData("9123")]
    [InlineData("")]
    [InlineData("Qm")]
    [InlineData("Qm0")]
    [InlineData("1")]
    [InlineData("11")]
    [InlineData("bafz")]
    [InlineData("QmNV5G3hq2UmAck2htEgsqrmPFBff5goFZAdmKDcZLBZL")]
    [InlineData("http://example")]
    public void Text_that_is_no_id_is_refused(string text) => Assert.Throws<FormatException>(() => PeerId.Parse(text));

    [Fact]
    public void Any_bytes_give_an_id_or_a_wire_format_error()
    {
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(50)];
            random.NextBytes(bytes);
            if (bytes.Length > 1 && i % 2 == 0)
            {
                (bytes[0], bytes[1]) = ((byte)(random.Next(2) * 0x12), (byte)(bytes.Length - 2));
            }

            if (PeerId.TryFromBytes(bytes, out PeerId? id))
            {
                Assert.Equal(id, PeerId.Parse(id.ToString()));
                Assert.Equal(id, PeerId.Parse(id.ToCid()));
            }
            else
            {
                Assert.Throws<WireFormatException>(() => PeerId.FromBytes(bytes));
            }
        }
    }
}
