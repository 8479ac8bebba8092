using System.Buffers.Binary;
using Whorl.P2P;
using Whorl.P2P.Muxers.Yamux;
using Whorl.Protocol.Rpc;
using Xunit.Abstractions;

namespace Whorl.Protocol.Tests.Memory;

/// <summary>What a peer can make a node with the default limits hold over one connection, measured on the heap of both together.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class HostilePeerTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Streams = 250; // of the 256 that may be open; identify and others have theirs

    /// <summary>What both hosts hold besides: the buffers of the connection, the tasks of the streams, the pools of the process.</summary>
    private const long Besides = 16 << 20;

    private Libp2pHost _victim = null!;
    private Libp2pHost _hostile = null!;
    private RpcServer _server = null!;
    private long _before;

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;

    public async Task InitializeAsync()
    {
        Libp2pOptions options = new() { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")], KadMode = KadMode.Off };
        (_victim, _hostile) = (await Libp2pHost.StartAsync(options), await Libp2pHost.StartAsync(options));
        _server = new RpcServer(_victim, TimeProvider.System);
        await _hostile.ConnectAsync(new PeerAddress(_victim.Id, _victim.ListenAddresses), Token);
        _before = GC.GetTotalMemory(forceFullCollection: true);
    }

    public async Task DisposeAsync()
    {
        await _hostile.DisposeAsync();
        await _victim.DisposeAsync();
    }

    [Theory]
    [InlineData(64 << 10)]
    [InlineData(9 << 10)] // just above half of an array of the pool
    [InlineData(1)]
    public async Task Streams_that_nobody_reads(int pieceBytes)
    {
        _victim.Handle("/deaf", (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        int perStream = pieceBytes == 1 ? 2000 : YamuxOptions.InitialWindowBytes;
        byte[] piece = new byte[pieceBytes];
        await OnManyStreamsAsync("/deaf", async stream =>
        {
            for (int sent = 0; sent + piece.Length <= perStream; sent += piece.Length)
            {
                await stream.WriteAsync(piece, Token);
            }
        });
        long limit = new YamuxOptions().MaxUnreadBytes;
        YamuxSession session = Assert.Single(_victim.Switch.Pool.Snapshot()).Session;
        while (session.ReceivedMemory.Bytes < Math.Min(limit / 2, (long)Streams * perStream))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        Assert.InRange(session.ReceivedMemory.Bytes, 0, limit);
        AssertHeld(limit);
        Assert.True(await _hostile.PingAsync(_victim.Id, Token) > TimeSpan.Zero); // the connection itself lives
    }

    [Fact]
    public async Task Lengths_that_are_only_claimed()
    {
        _server.HandleStream("Test.stream", (call, token) => call.ReceiveAsync(token).AsTask());
        _server.HandleUnary("Test.unary", (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(default));
        byte[] frame = new byte[Frame.HeaderBytes];
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(1), RpcLimits.MaxFrameBytes);
        await OnManyStreamsAsync("Test.stream", stream => stream.WriteAsync(frame, Token).AsTask(), Streams / 2);
        await OnManyStreamsAsync("Test.unary", stream => stream.WriteAsync(new byte[] { 0x80, 0x80, 0x80, 0x02 }, Token).AsTask(), Streams / 2);
        AssertHeld(0);
    }

    [Fact]
    public async Task Frames_that_are_begun_on_every_stream_and_not_ended()
    {
        _server.HandleStream("Test.stream", (call, token) => call.ReceiveAsync(token).AsTask());
        byte[] begun = new byte[Frame.HeaderBytes + (1 << 20)];
        BinaryPrimitives.WriteInt64BigEndian(begun.AsSpan(1), 4 << 20);
        await OnManyStreamsAsync("Test.stream", stream => stream.WriteAsync(begun, Token).AsTask());
        AssertHeld(RpcLimits.MaxRequestBytes + new YamuxOptions().MaxUnreadBytes);
    }

    [Fact]
    public async Task Whole_requests_before_a_handler_that_is_busy()
    {
        _server.HandleStream("Test.stream", async (call, token) =>
        {
            await call.ReceiveAsync(token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
        byte[] request = new byte[Frame.HeaderBytes + (1 << 20)];
        BinaryPrimitives.WriteInt64BigEndian(request.AsSpan(1), 1 << 20);
        await OnManyStreamsAsync("Test.stream", async stream =>
        {
            for (int i = 0; i < 8; i++)
            {
                await stream.WriteAsync(request, Token);
            }
        });
        AssertHeld(RpcLimits.MaxRequestBytes + new YamuxOptions().MaxUnreadBytes);
    }

    [Fact]
    public async Task Answers_that_nobody_takes()
    {
        _server.HandleUnary("Test.long", (_, _, _) =>
            ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[RpcLimits.MaxUnaryBytes - RpcLimits.UnaryEnvelopeBytes]));
        byte[] request = UnaryMessage.Request(_victim.Id, "Test.long", default);
        await OnManyStreamsAsync("Test.long", stream => stream.WriteAsync(request, Token).AsTask());

        // The hostile side holds what fills its own windows, within the limit of unread bytes.
        AssertHeld(RpcLimits.MaxAnswerBytes + new YamuxOptions().MaxUnreadBytes);
    }

    /// <summary>Does the same on many streams at once until nothing moves any more: what waits for a window waits for ever.</summary>
    private async Task OnManyStreamsAsync(string protocol, Func<PeerStream, Task> work, int count = Streams)
    {
        List<Task> working = [];
        for (int i = 0; i < count; i++)
        {
            PeerStream stream = await _hostile.DialAsync(_victim.Id, protocol, Token);
            working.Add(Task.Run(() => work(stream).ContinueWith(done => done.Exception, TaskScheduler.Default)));
        }

        (long, int) before, now = (-1, -1);
        do
        {
            before = now;
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Token);
            now = (GC.GetTotalMemory(forceFullCollection: false) >> 20, working.Count(w => w.IsCompleted));
        }
        while (now.Item2 != before.Item2 || Math.Abs(now.Item1 - before.Item1) > 1);
    }

    private void AssertHeld(long statedBytes)
    {
        long held = GC.GetTotalMemory(forceFullCollection: true) - _before;
        string measured = $"{held >> 20} MiB held, {statedBytes >> 20} MiB and {Besides >> 20} MiB besides are stated";
        output.WriteLine(measured);
        Assert.True(held <= statedBytes + Besides, measured);
    }
}
