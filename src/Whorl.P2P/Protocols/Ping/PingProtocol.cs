using System.Security.Cryptography;
using Whorl.P2P.Swarm;

namespace Whorl.P2P.Protocols.Ping;

/// <summary><c>/ipfs/ping/1.0.0</c>: 32 bytes come back as they went: <see href="https://github.com/libp2p/specs/blob/master/ping/ping.md"/>.</summary>
internal sealed class PingProtocol
{
    public const string ProtocolId = "/ipfs/ping/1.0.0";

    private const int PayloadBytes = 32;

    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(1);

    private readonly Switch _switch;

    public PingProtocol(Switch @switch)
    {
        _switch = @switch;
        @switch.Handlers.Add(ProtocolId, AnswerAsync);
    }

    /// <summary>The time a round trip takes.</summary>
    /// <exception cref="ProtocolViolationException">Other bytes came back.</exception>
    public async Task<TimeSpan> PingAsync(Connection connection, CancellationToken cancellationToken)
    {
        await using PeerStream stream = await _switch.OpenStreamAsync(connection, ProtocolId, cancellationToken).ConfigureAwait(false);
        byte[] sent = RandomNumberGenerator.GetBytes(PayloadBytes), echoed = new byte[PayloadBytes];
        long start = _switch.Time.GetTimestamp();
        await stream.WriteAsync(sent, cancellationToken).ConfigureAwait(false);
        await stream.ReadExactlyAsync(echoed, cancellationToken).ConfigureAwait(false);
        return sent.AsSpan().SequenceEqual(echoed)
            ? _switch.Time.GetElapsedTime(start)
            : throw new ProtocolViolationException($"{connection.RemotePeer} answers a ping with other bytes");
    }

    private async Task AnswerAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        byte[] payload = new byte[PayloadBytes];
        while (true)
        {
            using CancellationTokenSource idle = new(IdleTimeout, _switch.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
            if (await stream.ReadAtLeastAsync(payload, PayloadBytes, throwOnEndOfStream: false, either.Token).ConfigureAwait(false) < PayloadBytes)
            {
                return;
            }

            await stream.WriteAsync(payload, either.Token).ConfigureAwait(false);
        }
    }
}
