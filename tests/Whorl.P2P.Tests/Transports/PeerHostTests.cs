using Whorl.Protocol.Rpc;

namespace Whorl.P2P.Tests.Transports;

/// <summary>What every kind of host promises, run against each.</summary>
public abstract class PeerHostTests : IAsyncLifetime
{
    private const string Echo = "/echo/1";
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30); // not a timing: turns a hang into a failure

    private readonly List<IPeerHost> _hosts = [];

    protected IPeerHost A => _hosts[0];

    protected IPeerHost B => _hosts[1];

    protected CancellationToken Token { get; } = new CancellationTokenSource(HangLimit).Token;

    protected PeerAddress AddressOfB => new(B.Id, B.ListenAddresses);

    public async Task InitializeAsync()
    {
        _hosts.Add(await StartAsync());
        _hosts.Add(await StartAsync());
        B.Handle(Echo, EchoAsync);
    }

    public async Task DisposeAsync()
    {
        foreach (IPeerHost host in _hosts)
        {
            await host.DisposeAsync();
        }

        await Eventually(() => OpenStreams == 0);
    }

    [Fact]
    public async Task What_is_written_comes_back_and_the_half_close_with_it()
    {
        await using PeerStream stream = await A.DialAsync(AddressOfB, Echo, Token);
        await stream.WriteAsync("hello "u8.ToArray(), Token);
        await stream.WriteAsync("world"u8.ToArray(), Token);
        await stream.CloseWriteAsync(Token);
        Assert.Equal("hello world"u8.ToArray(), await ReadToEndAsync(stream));
        Assert.Equal(0, await stream.ReadAsync(new byte[1], Token));
        Assert.Equal(Echo, stream.ProtocolId);
        Assert.Equal(B.Id, stream.RemotePeer);
    }

    [Fact]
    public async Task A_host_that_closes_tells_the_callers_of_its_streams_so()
    {
        TaskCompletionSource called = new();
        new RpcServer(B, TimeProvider.System).HandleStream("Test.rpc_stream", async (_, token) =>
        {
            called.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
        await using RpcCall call = await new RpcClient(A, TimeProvider.System).OpenAsync(AddressOfB, "Test.rpc_stream", HangLimit, Token);
        await call.SendAsync(new byte[1], Token);
        await called.Task.WaitAsync(Token);
        await B.DisposeAsync();
        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(async () => await call.ReceiveAsync(Token));
        Assert.Equal("the server is shutting down", error.Message);
    }

    [Fact]
    public async Task Megabytes_pass_unchanged_while_both_sides_write()
    {
        byte[] sent = new byte[3_000_001];
        new Random(7).NextBytes(sent);
        await using PeerStream stream = await A.DialAsync(AddressOfB, Echo, Token);
        Task<byte[]> reading = ReadToEndAsync(stream);
        await stream.WriteAsync(sent, Token);
        await stream.CloseWriteAsync(Token);
        Assert.Equal(sent, await reading);
    }

    [Fact]
    public async Task A_writer_waits_while_nobody_reads_and_goes_on_once_somebody_does()
    {
        TaskCompletionSource<PeerStream> accepted = new();
        TaskCompletionSource done = new();
        B.Handle("/sink", async (stream, _) =>
        {
            accepted.SetResult(stream);
            await done.Task;
        });
        await using PeerStream stream = await A.DialAsync(AddressOfB, "/sink", Token);
        Task writing = stream.WriteAsync(new byte[32 << 20], Token).AsTask();
        PeerStream far = await accepted.Task.WaitAsync(Token);
        await far.ReadExactlyAsync(new byte[1000], Token);
        Assert.False(writing.IsCompleted);
        byte[] buffer = new byte[1 << 16];
        for (int left = (32 << 20) - 1000; left > 0;)
        {
            left -= await far.ReadAsync(buffer, Token);
        }

        await writing;
        done.SetResult();
    }

    [Fact]
    public async Task An_unknown_protocol_is_refused_by_name()
    {
        ProtocolNotSupportedException e = await Assert.ThrowsAsync<ProtocolNotSupportedException>(async () =>
        {
            await using PeerStream stream = await A.DialAsync(AddressOfB, "Nobody.speaks_this", Token);
            await stream.ReadExactlyAsync(new byte[1], Token);
        });
        Assert.Equal("Nobody.speaks_this", e.ProtocolId);
    }

    [Fact]
    public async Task A_protocol_can_be_withdrawn_but_not_handled_twice()
    {
        Assert.Throws<InvalidOperationException>(() => B.Handle(Echo, EchoAsync));
        Assert.True(B.Unhandle(Echo));
        Assert.False(B.Unhandle(Echo));
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(async () =>
        {
            await using PeerStream stream = await A.DialAsync(AddressOfB, Echo, Token);
            await stream.ReadExactlyAsync(new byte[1], Token);
        });
    }

    [Fact]
    public async Task A_handler_that_throws_resets_the_stream_and_the_host_lives_on()
    {
        B.Handle("/fails", (_, _) => throw new InvalidDataException("no"));
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await using PeerStream stream = await A.DialAsync(AddressOfB, "/fails", Token);
            await stream.ReadExactlyAsync(new byte[1], Token);
        });

        await What_is_written_comes_back_and_the_half_close_with_it();
    }

    [Fact]
    public async Task A_reset_fails_the_peers_read_that_is_under_way()
    {
        TaskCompletionSource<Exception?> seen = new();
        B.Handle("/wait", async (stream, token) =>
        {
            await stream.WriteAsync(new byte[1], token);
            seen.SetResult(await Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1], token)));
        });
        PeerStream dialled = await A.DialAsync(AddressOfB, "/wait", Token);
        await dialled.ReadExactlyAsync(new byte[1], Token);
        Task<Exception?> own = Record.ExceptionAsync(async () => await dialled.ReadExactlyAsync(new byte[1], Token));
        dialled.Reset();
        Assert.IsAssignableFrom<IOException>(await own);
        Assert.IsAssignableFrom<IOException>(await seen.Task.WaitAsync(Token));
        await Assert.ThrowsAnyAsync<IOException>(async () => await dialled.WriteAsync(new byte[1], Token));
    }

    [Fact]
    public async Task A_host_that_closes_fails_the_reads_and_writes_of_its_peers_at_once()
    {
        B.Handle("/hold", async (stream, token) =>
        {
            await stream.WriteAsync(new byte[1], token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
        await using PeerStream stream = await A.DialAsync(AddressOfB, "/hold", Token);
        await stream.ReadExactlyAsync(new byte[1], Token);
        Task<Exception?> reading = Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1], Token));
        Task<Exception?> writing = Record.ExceptionAsync(async () => await stream.WriteAsync(new byte[64 << 20], Token));
        await B.DisposeAsync();
        Assert.IsAssignableFrom<IOException>(await reading);
        Assert.IsAssignableFrom<IOException>(await writing);
        await Assert.ThrowsAsync<PeerUnavailableException>(async () => await A.DialAsync(AddressOfB, Echo, Token));
    }

    [Fact]
    public async Task A_cancelled_read_loses_nothing()
    {
        await using PeerStream stream = await A.DialAsync(AddressOfB, Echo, Token);
        using CancellationTokenSource cancel = new();
        Task<int> reading = stream.ReadAsync(new byte[8], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await stream.WriteAsync("after"u8.ToArray(), Token);
        await stream.CloseWriteAsync(Token);
        Assert.Equal("after"u8.ToArray(), await ReadToEndAsync(stream));
    }

    [Fact]
    public async Task Fifty_streams_run_at_once()
    {
        byte[][] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            byte[] sent = new byte[10_000 + i];
            new Random(i).NextBytes(sent);
            await using PeerStream stream = await A.DialAsync(AddressOfB, Echo, Token);
            Task<byte[]> reading = ReadToEndAsync(stream);
            await stream.WriteAsync(sent, Token);
            await stream.CloseWriteAsync(Token);
            return await reading;
        }));
        for (int i = 0; i < answers.Length; i++)
        {
            byte[] expected = new byte[10_000 + i];
            new Random(i).NextBytes(expected);
            Assert.Equal(expected, answers[i]);
        }
    }

    protected abstract int OpenStreams { get; }

    protected abstract Task<IPeerHost> StartAsync();

    protected static async Task EchoAsync(PeerStream stream, CancellationToken token)
    {
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await stream.ReadAsync(buffer, token)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), token);
        }

        await stream.CloseWriteAsync(token);
    }

    protected async Task<byte[]> ReadToEndAsync(PeerStream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all, Token);
        return all.ToArray();
    }

    /// <summary>Waits for what happens in the background just after; fails only where it never does.</summary>
    protected static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 3000 && !condition(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.True(condition());
    }
}
