using Whorl.P2P.Security;
using Whorl.P2P.Security.Noise;
using Whorl.P2P.Security.Tls;

namespace Whorl.P2P.Tests.Security;

public sealed class SecurityTests
{
    private static readonly string[] Yamux = ["/yamux/1.0.0"];

    public static TheoryData<string, PeerKeyType, PeerKeyType> Cases => new()
    {
        { "/noise", PeerKeyType.Ed25519, PeerKeyType.Rsa },
        { "/noise", PeerKeyType.Rsa, PeerKeyType.Ed25519 },
        { "/tls/1.0.0", PeerKeyType.Ed25519, PeerKeyType.Rsa },
        { "/tls/1.0.0", PeerKeyType.Rsa, PeerKeyType.Ed25519 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Both_sides_learn_who_the_other_is_and_megabytes_pass(string protocol, PeerKeyType dialerKey, PeerKeyType listenerKey)
    {
        await using Duplex duplex = await Duplex.CreateAsync();
        PeerIdentity dialer = PeerIdentity.Generate(dialerKey), listener = PeerIdentity.Generate(listenerKey);
        (SecuredConnection near, SecuredConnection far) = await SecureAsync(duplex, protocol, dialer, listener, listener.Id, Yamux, Yamux);
        Assert.Equal(listener.Id, near.RemoteKey.Id);
        Assert.Equal(dialer.Id, far.RemoteKey.Id);
        Assert.Equal("/yamux/1.0.0", near.Muxer);
        Assert.Equal("/yamux/1.0.0", far.Muxer);
        byte[] sent = new byte[1_000_003];
        new Random(6).NextBytes(sent);
        foreach ((Stream from, Stream to) in new[] { (near.Stream, far.Stream), (far.Stream, near.Stream) })
        {
            byte[] received = new byte[sent.Length];
            Task reading = to.ReadExactlyAsync(received).AsTask();
            await from.WriteAsync(sent);
            await reading;
            Assert.Equal(sent, received);
        }

        await near.Stream.DisposeAsync();
        await far.Stream.DisposeAsync();
    }

    [Theory]
    [InlineData("/noise")]
    [InlineData("/tls/1.0.0")]
    public async Task Without_a_common_multiplexer_none_is_agreed_on(string protocol)
    {
        await using Duplex duplex = await Duplex.CreateAsync();
        PeerIdentity dialer = PeerIdentity.Generate(), listener = PeerIdentity.Generate();
        (SecuredConnection near, SecuredConnection far) = await SecureAsync(duplex, protocol, dialer, listener, null, ["/mplex/6.7.0"], Yamux);
        Assert.Null(near.Muxer);
        Assert.Null(far.Muxer);
        await near.Stream.DisposeAsync();
        await far.Stream.DisposeAsync();
    }

    [Theory]
    [InlineData("/noise")]
    [InlineData("/tls/1.0.0")]
    public async Task Another_peer_than_the_dialled_one_is_refused(string protocol)
    {
        await using Duplex duplex = await Duplex.CreateAsync();
        PeerIdentity dialer = PeerIdentity.Generate(), listener = PeerIdentity.Generate();
        using TlsProtocol? a = Create(protocol, dialer, out ISecurityProtocol near), b = Create(protocol, listener, out ISecurityProtocol far);
        Task listening = far.SecureAsync(duplex.Far, false, null, Yamux, default).AsTask();
        ProtocolViolationException e = await Assert.ThrowsAsync<ProtocolViolationException>(
            async () => await near.SecureAsync(duplex.Near, true, dialer.Id, Yamux, default));
        Assert.Contains(listener.Id.ToString(), e.Message, StringComparison.Ordinal);
        await duplex.Near.DisposeAsync();
        await Record.ExceptionAsync(() => listening);
    }

    [Theory]
    [InlineData("/noise")]
    [InlineData("/tls/1.0.0")]
    public async Task One_flipped_bit_anywhere_is_noticed(string protocol)
    {
        PeerIdentity dialer = PeerIdentity.FromSeed(new byte[32]), listener = PeerIdentity.Generate();
        using TlsProtocol? a = Create(protocol, dialer, out ISecurityProtocol near), b = Create(protocol, listener, out ISecurityProtocol far);
        for (int at = 0; at < 420; at += 7)
        {
            InMemoryNetwork network = new();
            await using IPeerHost server = network.AddHost();
            await using FaultInjectingHost client = new(
                network.AddHost(), side => new StreamFaults { CorruptByteAt = side.IsWriting ? at : null }, TimeProvider.System);
            using CancellationTokenSource both = new(TimeSpan.FromMilliseconds(300)); // a flipped length leaves both sides waiting
            server.Handle("/raw", async (stream, token) =>
            {
                try
                {
                    SecuredConnection secured = await far.SecureAsync(stream, false, null, Yamux, token);
                    await secured.Stream.WriteAsync(new byte[1], token);
                    await secured.Stream.ReadExactlyAsync(new byte[1], token);
                }
                finally
                {
                    await both.CancelAsync();
                }
            });
            PeerStream raw = await client.DialAsync(server.Id, "/raw", default);
            Exception? e = await Record.ExceptionAsync(async () =>
            {
                SecuredConnection secured = await near.SecureAsync(raw, true, listener.Id, Yamux, both.Token);
                await secured.Stream.WriteAsync(new byte[1000], both.Token);
                await secured.Stream.ReadExactlyAsync(new byte[2], both.Token);
            });
            raw.Reset();
            Assert.True(e is IOException or WireFormatException or OperationCanceledException, $"byte {at}: {e}");
        }
    }

    [Fact]
    public void Encryption_by_the_platform_and_by_BouncyCastle_agree()
    {
        byte[] key = new byte[32];
        new Random(8).NextBytes(key);
        using ChaChaPoly native = new(key), managed = new(key, preferNative: false);
        foreach (int length in new[] { 0, 1, 63, 64, 65, 1000 })
        {
            byte[] plain = new byte[length], a = new byte[length + 16], b = new byte[length + 16], back = new byte[length];
            new Random(length).NextBytes(plain);
            native.Encrypt(plain, "ad"u8, a);
            managed.Encrypt(plain, "ad"u8, b);
            Assert.Equal(a, b);
        }

        using ChaChaPoly reader = new(key), managedReader = new(key, preferNative: false);
        using ChaChaPoly writer = new(key);
        byte[] sealedText = new byte[20];
        writer.Encrypt("text"u8, "ad"u8, sealedText);
        Assert.True(reader.TryDecrypt(sealedText, "ad"u8, new byte[4]));
        Assert.True(managedReader.TryDecrypt(sealedText, "ad"u8, new byte[4]));
        Assert.False(reader.TryDecrypt(sealedText, "ad"u8, new byte[4])); // the nonce has moved on
        Assert.False(managedReader.TryDecrypt(sealedText, "ad"u8, new byte[4]));
    }

    private static TlsProtocol? Create(string protocol, PeerIdentity identity, out ISecurityProtocol security)
    {
        if (protocol == "/noise")
        {
            security = new NoiseProtocol(identity);
            return null;
        }

        TlsProtocol tls = new(identity, TimeProvider.System);
        security = tls;
        return tls;
    }

    private static async Task<(SecuredConnection Near, SecuredConnection Far)> SecureAsync(
        Duplex duplex, string protocol, PeerIdentity dialer, PeerIdentity listener, PeerId? expected, string[] nearMuxers, string[] farMuxers)
    {
        using TlsProtocol? a = Create(protocol, dialer, out ISecurityProtocol near), b = Create(protocol, listener, out ISecurityProtocol far);
        Task<SecuredConnection> listening = far.SecureAsync(duplex.Far, false, null, farMuxers, default).AsTask();
        SecuredConnection dialled = await near.SecureAsync(duplex.Near, true, expected, nearMuxers, default);
        return (dialled, await listening);
    }
}
