using System.Numerics;
using Whorl.P2P.Identity;

namespace Whorl.P2P.Tests.Identity;

public sealed class Curve25519Tests
{
    private static readonly ICurve25519 Curve = BouncyCurve25519.Instance;

    [Theory] // RFC 7748, section 5.2
    [InlineData(
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void Agreement_gives_the_vectors_of_RFC_7748(string scalar, string u, string expected)
    {
        byte[] secret = new byte[32];
        Assert.True(Curve.TryAgree(Convert.FromHexString(scalar), Convert.FromHexString(u), secret));
        Assert.Equal(expected, Convert.ToHexStringLower(secret));
    }

    [Fact] // RFC 7748, section 5.2: the iterated vector
    public void Agreement_iterated_a_thousand_times_gives_the_vector_of_RFC_7748()
    {
        byte[] k = new byte[32], u = new byte[32], next = new byte[32];
        k[0] = u[0] = 9;
        for (int i = 1; i <= 1000; i++)
        {
            Curve.TryAgree(k, u, next);
            (u, k) = ((byte[])k.Clone(), (byte[])next.Clone());
            if (i == 1)
            {
                Assert.Equal("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079", Convert.ToHexStringLower(k));
            }
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Convert.ToHexStringLower(k));
    }

    [Theory] // points of small order, as in Wycheproof's x25519 vectors ("LowOrderPublic")
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void A_public_key_of_small_order_is_refused(string publicKey)
    {
        byte[] privateKey = new byte[32];
        new Random(3).NextBytes(privateKey);
        Assert.False(Curve.TryAgree(privateKey, Convert.FromHexString(publicKey), new byte[32]));
    }

    [Theory] // RFC 8032, section 7.1, tests 1 to 3
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Signatures_are_those_of_RFC_8032(string seed, string publicKey, string message, string signature)
    {
        byte[] text = Convert.FromHexString(message);
        Assert.Equal(publicKey, Convert.ToHexStringLower(Curve.SigningPublicKey(Convert.FromHexString(seed))));
        byte[] signed = Curve.Sign(Convert.FromHexString(seed), text);
        Assert.Equal(signature, Convert.ToHexStringLower(signed));
        Assert.True(Curve.Verify(Convert.FromHexString(publicKey), text, signed));
        signed[3] ^= 1;
        Assert.False(Curve.Verify(Convert.FromHexString(publicKey), text, signed));
    }

    [Fact] // Wycheproof's "SignatureMalleability": S + L is not accepted for S
    public void A_signature_with_the_group_order_added_is_refused()
    {
        BigInteger order = BigInteger.Parse("7237005577332262213973186563042994240857116359379907606001950938285454250989");
        byte[] seed = new byte[32];
        byte[] signature = Curve.Sign(seed, "text"u8);
        byte[] raised = (new BigInteger(signature.AsSpan(32), isUnsigned: true) + order).ToByteArray(isUnsigned: true);
        Assert.Equal(32, raised.Length);
        Assert.False(Curve.Verify(Curve.SigningPublicKey(seed), "text"u8, [.. signature[..32], .. raised]));
    }

    [Theory] // Wycheproof's "InvalidEncoding": cut, padded and empty signatures
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void A_signature_of_another_length_is_refused(int length)
    {
        byte[] seed = new byte[32];
        byte[] signature = Curve.Sign(seed, "text"u8);
        Array.Resize(ref signature, length);
        Assert.False(Curve.Verify(Curve.SigningPublicKey(seed), "text"u8, signature));
    }
}
