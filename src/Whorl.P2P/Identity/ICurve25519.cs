namespace Whorl.P2P.Identity;

/// <summary>The two things .NET itself has not got: key agreement (RFC 7748) and signatures (RFC 8032) on Curve25519.</summary>
internal interface ICurve25519
{
    /// <summary>The public key of a 32-byte X25519 private key.</summary>
    byte[] AgreementPublicKey(ReadOnlySpan<byte> privateKey);

    /// <summary>The shared secret, 32 bytes.</summary>
    /// <returns>False where it is all zeros: the other side sent a point of small order.</returns>
    bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> secret);

    /// <summary>The public key of a 32-byte Ed25519 seed.</summary>
    byte[] SigningPublicKey(ReadOnlySpan<byte> seed);

    /// <summary>The 64-byte signature.</summary>
    byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message);

    /// <summary>Whether the signature is the key's; false for keys and signatures of any other form, too.</summary>
    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
