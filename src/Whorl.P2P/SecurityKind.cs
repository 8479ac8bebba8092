namespace Whorl.P2P;

/// <summary>How connections are encrypted and peers prove who they are.</summary>
public enum SecurityKind
{
    /// <summary><c>/noise</c>: Noise_XX_25519_ChaChaPoly_SHA256.</summary>
    Noise,

    /// <summary><c>/tls/1.0.0</c>: TLS 1.3.</summary>
    Tls,
}
