using Whorl.Testing;

namespace Whorl.P2P.Tests.Transports;

public sealed class InMemoryHostTests : PeerHostTests
{
    private readonly InMemoryNetwork _network = new();

    protected override int OpenStreams => _network.OpenStreams;

    [Fact]
    public async Task A_host_is_found_by_its_id_alone_and_by_its_address_alone()
    {
        await using PeerStream byId = await A.DialAsync(B.Id, "/echo/1", Token);
        await using PeerStream byAddress = await A.DialAsync(new PeerAddress(null, B.ListenAddresses), "/echo/1", Token);
        Assert.Equal(byId.RemotePeer, byAddress.RemotePeer);
    }

    [Fact]
    public async Task A_killed_host_fails_its_streams_and_later_dials()
    {
        PeerStream stream = await A.DialAsync(B.Id, "/echo/1", Token);
        Task<int> reading = stream.ReadAsync(new byte[1], Token).AsTask();
        Assert.True(_network.Kill(B.Id));
        PeerUnavailableException e = await Assert.ThrowsAsync<PeerUnavailableException>(() => reading);
        Assert.True(e.IsTransient);
        await Assert.ThrowsAsync<PeerUnavailableException>(async () => await A.DialAsync(B.Id, "/echo/1", Token));
        await Assert.ThrowsAsync<PeerUnavailableException>(async () => await B.DialAsync(A.Id, "/echo/1", Token));
    }

    [Fact]
    public async Task Delayed_bytes_arrive_when_the_clock_has_moved_by_the_delay()
    {
        ManualTimeProvider clock = new();
        FaultInjectingHost slow = new(A, side => new StreamFaults { Delay = side.IsWriting ? TimeSpan.FromSeconds(2) : TimeSpan.Zero }, clock);
        await using PeerStream stream = await slow.DialAsync(B.Id, "/echo/1", Token);
        await stream.WriteAsync(new byte[] { 1, 2, 3 }, Token);
        Task<int> reading = stream.ReadAsync(new byte[3], Token).AsTask();
        await Eventually(() => clock.PendingTimers == 1);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(reading.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(3, await reading);
    }

    [Fact]
    public async Task A_cut_link_fails_both_sides_after_exactly_so_many_bytes()
    {
        FaultInjectingHost faulty = new(A, side => new StreamFaults { CutAfterBytes = side.IsWriting ? 1500 : null }, TimeProvider.System);
        TaskCompletionSource<(int Count, Exception? End)> far = new();
        B.Handle("/count", async (stream, token) =>
        {
            int count = 0;
            Exception? end = await Record.ExceptionAsync(async () =>
            {
                byte[] one = new byte[1];
                for (; await stream.ReadAsync(one, token) > 0; count++)
                {
                    if (count == 999)
                    {
                        await stream.WriteAsync(one, token);
                    }
                }
            });
            far.SetResult((count, end));
        });
        PeerStream stream = await faulty.DialAsync(B.Id, "/count", Token);
        await stream.WriteAsync(new byte[1000], Token);
        await stream.ReadExactlyAsync(new byte[1], Token);
        await Assert.ThrowsAsync<PeerUnavailableException>(async () => await stream.WriteAsync(new byte[1000], Token));
        (int count, Exception? end) = await far.Task.WaitAsync(Token);
        Assert.InRange(count, 1000, 1500); // a reset may overtake bytes not yet read
        Assert.IsAssignableFrom<IOException>(end);
    }

    [Fact]
    public async Task One_flipped_bit_arrives_flipped_and_no_other()
    {
        FaultInjectingHost faulty = new(A, side => new StreamFaults { CorruptByteAt = side.IsWriting ? 5 : null }, TimeProvider.System);
        await using PeerStream stream = await faulty.DialAsync(B.Id, "/echo/1", Token);
        await stream.WriteAsync(new byte[4], Token);
        await stream.WriteAsync(new byte[4], Token);
        await stream.CloseWriteAsync(Token);
        Assert.Equal(new byte[] { 0, 0, 0, 0, 0, 1, 0, 0 }, await ReadToEndAsync(stream));
    }

    [Fact]
    public async Task Dropped_bytes_and_the_end_behind_them_never_arrive()
    {
        FaultInjectingHost faulty = new(A, side => new StreamFaults { DropAfterBytes = side.IsWriting ? null : 3 }, TimeProvider.System);
        await using PeerStream stream = await faulty.DialAsync(B.Id, "/echo/1", Token);
        await stream.WriteAsync(new byte[8], Token);
        await stream.CloseWriteAsync(Token);
        await stream.ReadExactlyAsync(new byte[3], Token);
        using CancellationTokenSource cancel = new();
        Task<int> reading = stream.ReadAsync(new byte[1], cancel.Token).AsTask();
        Assert.False(reading.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task An_unreachable_peer_fails_to_dial_and_others_do_not()
    {
        FaultInjectingHost faulty = new(A, _ => StreamFaults.None, TimeProvider.System) { Unreachable = peer => peer.Id == B.Id };
        await Assert.ThrowsAsync<PeerUnavailableException>(async () => await faulty.DialAsync(B.Id, "/echo/1", Token));
        faulty.Unreachable = null;
        await (await faulty.DialAsync(B.Id, "/echo/1", Token)).DisposeAsync();
    }

    protected override Task<IPeerHost> StartAsync() => Task.FromResult(_network.AddHost());
}
