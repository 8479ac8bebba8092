namespace Whorl.P2P.Tests.Transports;

public sealed class LoopbackHostTests : PeerHostTests
{
    private readonly List<LoopbackHost> _started = [];

    protected override int OpenStreams => _started.Sum(host => host.OpenStreams);

    [Fact]
    public async Task An_address_beyond_loopback_is_refused()
    {
        PeerAddress far = new(B.Id, Multiaddress.Parse("/ip4/192.0.2.1/tcp/80"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await A.DialAsync(far, "/echo/1", Token));
    }

    [Fact]
    public async Task Someone_elses_answer_is_not_taken()
    {
        PeerAddress wrong = new(A.Id, B.ListenAddresses);
        await Assert.ThrowsAsync<ProtocolViolationException>(async () => await A.DialAsync(wrong, "/echo/1", Token));
    }

    protected override Task<IPeerHost> StartAsync()
    {
        byte[] key = [0x08, 0x01, 0x12, 0x20, .. new byte[31], (byte)_started.Count];
        _started.Add(LoopbackHost.Start(PeerId.FromPublicKey(key)));
        return Task.FromResult<IPeerHost>(_started[^1]);
    }
}
