using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Whorl.P2P.Identity;

/// <summary>Curve25519 by BouncyCastle's managed code.</summary>
internal sealed class BouncyCurve25519 : ICurve25519
{
    public static ICurve25519 Instance { get; } = new BouncyCurve25519();

    public byte[] AgreementPublicKey(ReadOnlySpan<byte> privateKey)
    {
        byte[] publicKey = new byte[X25519.PointSize];
        X25519.ScalarMultBase(privateKey.ToArray(), 0, publicKey, 0);
        return publicKey;
    }

    public bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> secret)
    {
        if (publicKey.Length != X25519.PointSize)
        {
            return false;
        }

        byte[] agreed = new byte[X25519.PointSize];
        bool valid = X25519.CalculateAgreement(privateKey.ToArray(), 0, publicKey.ToArray(), 0, agreed, 0);
        agreed.CopyTo(secret);
        return valid;
    }

    public byte[] SigningPublicKey(ReadOnlySpan<byte> seed)
    {
        byte[] publicKey = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed.ToArray(), 0, publicKey, 0);
        return publicKey;
    }

    public byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(seed.ToArray(), 0, message.ToArray(), 0, message.Length, signature, 0);
        return signature;
    }

    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        publicKey.Length == Ed25519.PublicKeySize && signature.Length == Ed25519.SignatureSize
        && Ed25519.Verify(signature.ToArray(), 0, publicKey.ToArray(), 0, message.ToArray(), 0, message.Length);
}
