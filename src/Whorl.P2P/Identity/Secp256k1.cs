using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Whorl.P2P.Identity;

/// <summary>Verifies ECDSA over secp256k1, which not every platform's own library knows.</summary>
internal static class Secp256k1
{
    private const int CompressedPointBytes = 33;
    private const int MaxSignatureBytes = 72;

    private static readonly X9ECParameters Curve = SecNamedCurves.GetByName("secp256k1");
    private static readonly ECDomainParameters Domain = new(Curve.Curve, Curve.G, Curve.N, Curve.H);

    public static bool IsPublicKey(byte[] compressedPoint) => TryDecode(compressedPoint) is not null;

    /// <param name="compressedPoint">33 bytes.</param>
    /// <param name="message">What was signed; hashed with SHA-256 here.</param>
    /// <param name="signature">DER SEQUENCE of two integers.</param>
    public static bool Verify(byte[] compressedPoint, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length > MaxSignatureBytes || TryDecode(compressedPoint) is not { } key)
        {
            return false;
        }

        try
        {
            if (Asn1Object.FromByteArray(signature.ToArray()) is not Asn1Sequence { Count: 2 } pair
                || pair[0] is not DerInteger r || pair[1] is not DerInteger s)
            {
                return false;
            }

            ECDsaSigner signer = new();
            signer.Init(false, key);
            return signer.VerifySignature(SHA256.HashData(message), r.Value, s.Value);
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidCastException)
        {
            return false; // not DER
        }
    }

    private static ECPublicKeyParameters? TryDecode(byte[] compressedPoint)
    {
        if (compressedPoint.Length != CompressedPointBytes || compressedPoint[0] is not (2 or 3))
        {
            return null;
        }

        try
        {
            return new ECPublicKeyParameters(Curve.Curve.DecodePoint(compressedPoint), Domain);
        }
        catch (Exception e) when (e is ArgumentException or ArithmeticException)
        {
            return null; // no point of the curve has this x
        }
    }
}
