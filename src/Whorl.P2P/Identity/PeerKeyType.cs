namespace Whorl.P2P;

/// <summary>The kinds of key a libp2p peer may have; the numbers are those on the wire.</summary>
public enum PeerKeyType
{
    /// <summary>RSA of 2048 to 8192 bits, PKCS#1 v1.5 signatures over SHA-256: what hivemind's identity files hold.</summary>
    Rsa = 0,

    /// <summary>Ed25519: what libp2p nodes make for themselves.</summary>
    Ed25519 = 1,

    /// <summary>ECDSA over secp256k1 and SHA-256; verified, not generated.</summary>
    Secp256k1 = 2,

    /// <summary>ECDSA over a NIST curve and SHA-256; verified, not generated.</summary>
    Ecdsa = 3,
}
