using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Identity;

public sealed class PeerIdentityTests
{
    [Theory]
    [InlineData("boot.id", "QmQZH8ZBxiUkh59zrTFUi7gUnKGYcFjoe4VywxPKrDQzjt")]
    [InlineData("serverA.id", "QmPqxLFrYGJFySMhTCeFvLha6wNTFN5gnu8fP6VyDHSB3y")]
    public async Task Hivemind_identity_files_give_their_peer_ids_and_are_written_back_the_same(string file, string id)
    {
        string path = ReferenceData.PathOf("golden", "petals", "identity", file);
        PeerIdentity identity = await PeerIdentity.LoadAsync(path, default);
        Assert.Equal(id, identity.Id.ToString());
        Assert.Equal(PeerKeyType.Rsa, identity.Type);
        Assert.Equal(await File.ReadAllBytesAsync(path), identity.Marshal());
    }

    [Theory]
    [InlineData(PeerKeyType.Rsa)]
    [InlineData(PeerKeyType.Ed25519)]
    public void A_signature_holds_for_its_message_and_key_alone(PeerKeyType type)
    {
        PeerIdentity identity = PeerIdentity.Generate(type);
        byte[] signature = identity.Sign("message"u8);
        PeerPublicKey key = PeerPublicKey.Unmarshal(identity.PublicKey.Marshalled.Span);
        Assert.Equal(identity.Id, key.Id);
        Assert.True(key.Verify("message"u8, signature));
        Assert.False(key.Verify("massage"u8, signature));
        Assert.False(PeerIdentity.Generate(type).PublicKey.Verify("message"u8, signature));
        Assert.False(key.Verify("message"u8, []));
    }

    [Fact]
    public void Ecdsa_keys_of_peers_are_verified()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PeerPublicKey key = PeerPublicKey.Unmarshal(new PeerPublicKey(PeerKeyType.Ecdsa, ecdsa.ExportSubjectPublicKeyInfo()).Marshalled.Span);
        byte[] signature = ecdsa.SignData("message"u8, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.True(key.Verify("message"u8, signature));
        Assert.False(key.Verify("other"u8, signature));
    }

    [Fact]
    public void Secp256k1_keys_of_peers_are_verified()
    {
        var curve = SecNamedCurves.GetByName("secp256k1");
        ECDomainParameters domain = new(curve.Curve, curve.G, curve.N, curve.H);
        Org.BouncyCastle.Math.BigInteger secret = new("123456789123456789123456789");
        PeerPublicKey key = PeerPublicKey.Unmarshal(
            new PeerPublicKey(PeerKeyType.Secp256k1, curve.G.Multiply(secret).GetEncoded(true)).Marshalled.Span);
        ECDsaSigner signer = new(new HMacDsaKCalculator(new Org.BouncyCastle.Crypto.Digests.Sha256Digest()));
        signer.Init(true, new ECPrivateKeyParameters(secret, domain));
        Org.BouncyCastle.Math.BigInteger[] rs = signer.GenerateSignature(SHA256.HashData("message"u8));
        byte[] signature = new DerSequence(new DerInteger(rs[0]), new DerInteger(rs[1])).GetEncoded();
        Assert.True(key.Verify("message"u8, signature));
        Assert.False(key.Verify("other"u8, signature));
        Assert.False(key.Verify("message"u8, signature.AsSpan(0, 20)));
    }

    [Theory]
    [InlineData(PeerKeyType.Rsa)]
    [InlineData(PeerKeyType.Ed25519)]
    public async Task A_key_file_is_made_once_and_only_its_owner_may_read_it(PeerKeyType type)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            PeerIdentity made = await PeerIdentity.LoadOrCreateAsync(path, type, default);
            PeerIdentity read = await PeerIdentity.LoadOrCreateAsync(path, PeerKeyType.Ed25519, default);
            Assert.Equal(made.Id, read.Id);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Keys_of_forbidden_sizes_are_refused()
    {
        using RSA weak = RSA.Create(1024);
        byte[] marshalled = new PeerPublicKey(PeerKeyType.Rsa, weak.ExportSubjectPublicKeyInfo()).Marshalled.ToArray();
        Assert.Throws<WireFormatException>(() => PeerPublicKey.Unmarshal(marshalled));
        Assert.Throws<WireFormatException>(() => PeerPublicKey.Unmarshal(new PeerPublicKey(PeerKeyType.Ed25519, new byte[31]).Marshalled.Span));
        Assert.Throws<WireFormatException>(() => PeerPublicKey.Unmarshal(new byte[PeerPublicKey.MaxMarshalledBytes + 1]));
    }

    [Fact]
    public void Any_bytes_give_a_key_or_a_wire_format_error()
    {
        Random random = new(4);
        byte[][] valid =
        [
            PeerIdentity.Generate(PeerKeyType.Rsa).PublicKey.Marshalled.ToArray(),
            PeerIdentity.FromSeed(new byte[32]).PublicKey.Marshalled.ToArray(),
            PeerIdentity.Generate(PeerKeyType.Rsa).Marshal(),
            PeerIdentity.FromSeed(new byte[32]).Marshal(),
        ];
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = (byte[])valid[i % valid.Length].Clone();
            for (int changes = random.Next(3); changes >= 0; changes--)
            {
                bytes[random.Next(Math.Min(bytes.Length, 60))] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            AssertGivesValueOrWireFormatError(() => PeerPublicKey.Unmarshal(bytes));
            AssertGivesValueOrWireFormatError(() => PeerIdentity.Unmarshal(bytes));
        }
    }

    private static void AssertGivesValueOrWireFormatError(Func<object> read)
    {
        try
        {
            Assert.NotNull(read());
        }
        catch (WireFormatException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
