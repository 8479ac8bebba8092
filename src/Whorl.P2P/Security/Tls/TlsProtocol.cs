using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Whorl.P2P.Security.Tls;

/// <summary>The security protocol <c>/tls/1.0.0</c>: TLS 1.3, certificates both ways, the multiplexer chosen by ALPN.</summary>
/// <remarks>Source: <see href="https://github.com/libp2p/specs/blob/master/tls/tls.md"/>.</remarks>
internal sealed class TlsProtocol(PeerIdentity identity, TimeProvider time) : ISecurityProtocol, IDisposable
{
    public const string ProtocolId = "/tls/1.0.0";

    private const string NoMuxer = "libp2p"; // ALPN: the multiplexer is agreed on afterwards

    private readonly X509Certificate2 _certificate = TlsCertificate.Create(identity, time);

    public string Id => ProtocolId;

    public async ValueTask<SecuredConnection> SecureAsync(
        Stream raw, bool isDialer, PeerId? expected, IReadOnlyList<string> muxers, CancellationToken cancellationToken)
    {
        SslStream tls = new(raw, leaveInnerStreamOpen: false);
        try
        {
            List<SslApplicationProtocol> alpn = [.. muxers.Select(muxer => new SslApplicationProtocol(muxer)), new SslApplicationProtocol(NoMuxer)];
            await (isDialer
                ? tls.AuthenticateAsClientAsync(ClientOptions(alpn), cancellationToken)
                : tls.AuthenticateAsServerAsync(ServerOptions(alpn), cancellationToken)).ConfigureAwait(false);
            X509Certificate2 remote = tls.RemoteCertificate as X509Certificate2 ?? throw new ProtocolViolationException("tls: the peer sent no certificate");
            PeerPublicKey key = TlsCertificate.Verify(remote, time);
            PeerCheck.ThrowUnlessExpected(key, expected);
            string agreed = tls.NegotiatedApplicationProtocol.ToString();
            return new SecuredConnection(tls, key, muxers.Contains(agreed) ? agreed : null);
        }
        catch (AuthenticationException e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new ProtocolViolationException($"tls: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (CryptographicException e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new ProtocolViolationException($"tls: a certificate or key that cannot be used: {e.Message}", e);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose() => _certificate.Dispose();

    private SslClientAuthenticationOptions ClientOptions(List<SslApplicationProtocol> alpn) => new()
    {
        TargetHost = "",
        ApplicationProtocols = alpn,
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = HasCertificate, // verified after the handshake, by the extension
        AllowTlsResume = false,
    };

    private SslServerAuthenticationOptions ServerOptions(List<SslApplicationProtocol> alpn) => new()
    {
        ApplicationProtocols = alpn,
        EnabledSslProtocols = SslProtocols.Tls13,
        ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true),
        ClientCertificateRequired = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = HasCertificate,
        AllowTlsResume = false,
    };

    private static bool HasCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate is not null;
}
