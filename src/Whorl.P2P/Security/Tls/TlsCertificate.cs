using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Whorl.P2P.Security.Tls;

/// <summary>The self-signed certificate of <see href="https://github.com/libp2p/specs/blob/master/tls/tls.md"/>: an extension ties its key to the peer's.</summary>
internal static class TlsCertificate
{
    private const string ExtensionOid = "1.3.6.1.4.1.53594.1.1";

    private static ReadOnlySpan<byte> SignaturePrefix => "libp2p-tls-handshake:"u8;

    /// <summary>Makes a certificate with a fresh P-256 key, valid from an hour ago for a hundred years.</summary>
    public static X509Certificate2 Create(PeerIdentity identity, TimeProvider time)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("", key, HashAlgorithmName.SHA256);
        byte[] signature = identity.Sign([.. SignaturePrefix, .. key.ExportSubjectPublicKeyInfo()]);
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(identity.PublicKey.Marshalled.Span);
            writer.WriteOctetString(signature);
        }

        request.CertificateExtensions.Add(new X509Extension(ExtensionOid, writer.Encode(), critical: false));
        DateTimeOffset now = time.GetUtcNow();
        X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(100));
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate) // Schannel takes no key that exists in memory only
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    /// <summary>The peer key that a certificate proves.</summary>
    /// <exception cref="ProtocolViolationException">No extension, not valid now, not signed by itself, or a false proof.</exception>
    /// <exception cref="WireFormatException">The extension is malformed.</exception>
    public static PeerPublicKey Verify(X509Certificate2 certificate, TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now < certificate.NotBefore || now > certificate.NotAfter)
        {
            throw new ProtocolViolationException($"tls: the certificate is valid from {certificate.NotBefore:u} to {certificate.NotAfter:u} only");
        }

        X509Extension? extension = null;
        foreach (X509Extension candidate in certificate.Extensions)
        {
            if (candidate.Oid?.Value == ExtensionOid)
            {
                extension = extension is null ? candidate : throw new ProtocolViolationException("tls: two libp2p extensions in a certificate");
            }
            else if (candidate.Critical && candidate is not (X509BasicConstraintsExtension or X509KeyUsageExtension or X509EnhancedKeyUsageExtension))
            {
                throw new ProtocolViolationException($"tls: an unknown critical extension {candidate.Oid?.Value}");
            }
        }

        if (extension is null)
        {
            throw new ProtocolViolationException("tls: a certificate without the libp2p extension");
        }

        CheckSelfSigned(certificate);
        (PeerPublicKey key, byte[] signature) = ReadExtension(extension.RawData);
        return key.Verify([.. SignaturePrefix, .. certificate.PublicKey.ExportSubjectPublicKeyInfo()], signature)
            ? key
            : throw new ProtocolViolationException($"tls: the signature in the certificate is not that of {key.Id}");
    }

    /// <summary>Takes the extension's value apart.</summary>
    /// <exception cref="WireFormatException">It is not a sequence of a key that is understood here and a signature.</exception>
    internal static (PeerPublicKey Key, byte[] Signature) ReadExtension(byte[] der)
    {
        try
        {
            AsnReader sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            byte[] key = sequence.ReadOctetString();
            byte[] signature = sequence.ReadOctetString();
            return (PeerPublicKey.Unmarshal(key), signature);
        }
        catch (AsnContentException e)
        {
            throw new WireFormatException("tls: the libp2p extension is not two octet strings", e);
        }
    }

    private static void CheckSelfSigned(X509Certificate2 certificate)
    {
        using X509Chain chain = new() { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, TrustMode = X509ChainTrustMode.CustomRootTrust } };
        chain.ChainPolicy.CustomTrustStore.Add(certificate);
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.AllowUnknownCertificateAuthority
            | X509VerificationFlags.IgnoreInvalidBasicConstraints | X509VerificationFlags.IgnoreWrongUsage;
        chain.Build(certificate);
        if (chain.ChainElements.Count != 1 || chain.ChainStatus.Any(s => (s.Status & X509ChainStatusFlags.NotSignatureValid) != 0))
        {
            throw new ProtocolViolationException("tls: the certificate is not signed by its own key");
        }
    }
}
