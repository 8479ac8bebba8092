using System.Net;
using System.Net.Sockets;
using Whorl.P2P.Multistream;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Security;

namespace Whorl.P2P.Swarm;

/// <summary>Makes connections of raw streams: agrees on a security protocol, proves the identities, agrees on yamux.</summary>
internal sealed class ConnectionUpgrader(IReadOnlyList<ISecurityProtocol> security, YamuxOptions options, TimeProvider time)
{
    private static readonly string[] Muxers = [YamuxSession.ProtocolId];
    private readonly string[] _securityIds = [.. security.Select(s => s.Id)];

    /// <param name="raw">Owned by the connection, closed on failure.</param>
    /// <param name="isDialer">Which role to play.</param>
    /// <param name="expected">Whom to accept; null for anyone.</param>
    /// <param name="remoteAddress">Where the peer is.</param>
    /// <param name="isRelayed">Whether a relay stands between.</param>
    /// <param name="onInbound">Gets the streams that the peer opens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Connection> UpgradeAsync(
        Stream raw, bool isDialer, PeerId? expected, Multiaddress? remoteAddress, bool isRelayed, Action<Connection, YamuxStream> onInbound, CancellationToken cancellationToken)
    {
        Stream owned = raw;
        try
        {
            string agreed = await AgreeAsync(raw, isDialer, _securityIds, cancellationToken).ConfigureAwait(false);
            ISecurityProtocol protocol = security.First(s => s.Id == agreed);
            SecuredConnection secured = await protocol.SecureAsync(raw, isDialer, expected, Muxers, cancellationToken).ConfigureAwait(false);
            owned = secured.Stream;
            if (secured.Muxer is null)
            {
                await AgreeAsync(secured.Stream, isDialer, Muxers, cancellationToken).ConfigureAwait(false);
            }

            IPEndPoint? local = (raw as NetworkStream)?.Socket.LocalEndPoint as IPEndPoint;
            Connection connection = new(secured.RemoteKey, remoteAddress, local, isDialer, isRelayed, time);
            connection.Session = new YamuxSession(secured.Stream, isDialer, connection.RemotePeer, options, time, stream => onInbound(connection, stream));
            return connection;
        }
        catch
        {
            await owned.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static ValueTask<string> AgreeAsync(Stream stream, bool isDialer, string[] protocols, CancellationToken cancellationToken) => isDialer
        ? MultistreamSelect.DialAsync(stream, protocols, cancellationToken)
        : MultistreamSelect.ListenAsync(stream, protocols.Contains, cancellationToken);
}
