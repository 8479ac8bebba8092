using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Whorl.P2P.Security.Tls;
using Whorl.P2P.Wire;
using PublicKey = Whorl.P2P.Wire.PublicKey;

namespace Whorl.P2P.Tests.Security;

/// <summary>Whatever a peer puts into its certificate gives its key, or one of the errors that are named.</summary>
public sealed class TlsCertificateTests
{
    private const string ExtensionOid = "1.3.6.1.4.1.53594.1.1";

    private static readonly byte[] Secp256k1Generator = Convert.FromHexString("0279BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798");

    [Theory]
    [InlineData(PeerKeyType.Ed25519)]
    [InlineData(PeerKeyType.Rsa)]
    [InlineData(PeerKeyType.Secp256k1)]
    [InlineData(PeerKeyType.Ecdsa)]
    public void Any_extension_gives_a_key_and_a_signature_or_a_wire_format_error(PeerKeyType type)
    {
        byte[] valid = ExtensionOf(type);
        Random random = new(21);
        int understood = 0;
        for (int i = 0; i < 3000; i++)
        {
            try
            {
                TlsCertificate.ReadExtension(Mutate(valid, random));
                understood++;
            }
            catch (WireFormatException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }

        Assert.InRange(understood, 100, 2999);
    }

    [Theory]
    [InlineData(PeerKeyType.Ed25519)]
    [InlineData(PeerKeyType.Rsa)]
    [InlineData(PeerKeyType.Secp256k1)]
    [InlineData(PeerKeyType.Ecdsa)]
    public void A_certificate_with_the_extension_of_another_changed_or_not_proves_nothing(PeerKeyType type)
    {
        byte[] valid = ExtensionOf(type);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Random random = new(22);
        for (int i = 0; i < 150; i++)
        {
            CertificateRequest request = new("", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509Extension(ExtensionOid, Mutate(valid, random), critical: false));
            DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(60);
            using X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(1));
            Exception e = Record.Exception(() => TlsCertificate.Verify(certificate, new Whorl.Testing.ManualTimeProvider()))!;
            Assert.True(e is ProtocolViolationException or WireFormatException, $"{e}");
        }
    }

    [Fact]
    public void A_certificate_with_any_byte_changed_is_refused_or_proves_the_same_peer()
    {
        PeerIdentity identity = PeerIdentity.Generate();
        using X509Certificate2 original = TlsCertificate.Create(identity, TimeProvider.System);
        Random random = new(23);
        for (int i = 0; i < 500; i++)
        {
            try
            {
                using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Mutate(original.RawData, random));
                Assert.Equal(identity.Id, TlsCertificate.Verify(certificate, TimeProvider.System).Id);
            }
            catch (Exception e) when (e is ProtocolViolationException or WireFormatException or CryptographicException)
            {
                Assert.NotEmpty(e.Message); // SecureAsync makes a ProtocolViolationException of the platform's own
            }
        }
    }

    /// <summary>A well-formed extension; that of a key type which this program makes is of a certificate of its own.</summary>
    private static byte[] ExtensionOf(PeerKeyType type)
    {
        if (type is PeerKeyType.Ed25519 or PeerKeyType.Rsa)
        {
            using X509Certificate2 certificate = TlsCertificate.Create(PeerIdentity.Generate(type), TimeProvider.System);
            return certificate.Extensions[ExtensionOid]!.RawData;
        }

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] data = type == PeerKeyType.Ecdsa ? key.ExportSubjectPublicKeyInfo() : Secp256k1Generator;
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(new PublicKey { Type = (KeyType)type, Data = ByteString.CopyFrom(data) }.ToByteArray());
            writer.WriteOctetString(key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return writer.Encode();
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        byte[] bytes = [.. valid];
        for (int changes = random.Next(4); changes > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes;
    }
}
