using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Protocol.Tests.Rpc;

public sealed class StreamCallTests : RpcTestBase
{
    private const string Method = "Test.rpc_stream";

    [Fact]
    public async Task Requests_and_responses_alternate_until_both_end()
    {
        Server.HandleStream(Method, EchoAsync);
        await using RpcCall call = await OpenAsync(Method);

        for (byte i = 0; i < 20; i++)
        {
            await call.SendAsync(new[] { i }, Token);
            Assert.Equal([i], (await call.ReceiveAsync(Token))!.Value.ToArray());
        }

        await call.CompleteAsync(Token);
        Assert.Null(await call.ReceiveAsync(Token));
        Assert.Null(await call.ReceiveAsync(Token));
    }

    [Fact]
    public async Task Big_and_empty_messages_travel()
    {
        Server.HandleStream(Method, EchoAsync);
        await using RpcCall call = await OpenAsync(Method);
        byte[] big = new byte[5_000_000];
        new Random(4).NextBytes(big);

        Task sending = call.SendAsync(big, Token).AsTask();
        Assert.Equal(big, (await call.ReceiveAsync(Token))!.Value.ToArray());
        await sending;
        await call.SendAsync(default, Token);
        Assert.Empty((await call.ReceiveAsync(Token))!.Value.ToArray());
        await call.CompleteAsync(Token);
        Assert.Null(await call.ReceiveAsync(Token));
    }

    [Fact]
    public async Task Many_requests_may_be_sent_before_the_first_is_taken()
    {
        TaskCompletionSource go = new();
        Server.HandleStream(Method, async (call, token) =>
        {
            await go.Task.WaitAsync(token);
            await EchoAsync(call, token);
        });
        await using RpcCall call = await OpenAsync(Method);
        for (byte i = 0; i < 50; i++)
        {
            await call.SendAsync(new[] { i }, Token);
        }

        await call.CompleteAsync(Token);
        go.SetResult();
        List<byte> received = [];
        await foreach (ReadOnlyMemory<byte> message in call.ReceiveAllAsync(Token))
        {
            received.AddRange(message.ToArray());
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(i => (byte)i), received);
    }

    [Theory]
    [InlineData("boom", "boom")]
    [InlineData("", "")]
    public async Task A_handlers_failure_reaches_the_caller_behind_the_responses(string thrown, string text)
    {
        Server.HandleStream(Method, async (call, token) =>
        {
            await call.SendAsync(new byte[] { 7 }, token);
            throw new RpcErrorException(thrown);
        });
        await using RpcCall call = await OpenAsync(Method);

        Assert.Equal([7], (await call.ReceiveAsync(Token))!.Value.ToArray());
        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(async () => await call.ReceiveAsync(Token));
        Assert.Equal(text, error.Message);
    }

    [Fact]
    public async Task A_caller_that_goes_away_cancels_the_handler()
    {
        foreach (bool reset in new[] { false, true })
        {
            TaskCompletionSource cancelled = new();
            Server.HandleStream(Method, async (_, token) =>
            {
                using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            });
            RpcCall call = await OpenAsync(Method);
            await call.SendAsync(new byte[] { 1 }, Token);
            await call.CompleteAsync(Token);
            if (reset)
            {
                call.Reset();
            }

            await call.DisposeAsync();

            await cancelled.Task.WaitAsync(Token);
            Server.Unhandle(Method);
        }
    }

    [Fact]
    public async Task A_caller_that_closes_its_side_too_early_finds_the_stream_reset()
    {
        Server.HandleStream(Method, EchoAsync);
        byte[] oneMessage = [0, 0, 0, 0, 0, 0, 0, 0, 0];

        Assert.Null(await ExchangeAsync(Method, oneMessage, halfClose: true));
    }

    [Fact]
    public async Task A_handler_may_end_the_call_first()
    {
        Server.HandleStream(Method, async (call, token) => await call.ReceiveAsync(token));
        await using RpcCall call = await OpenAsync(Method);
        await call.SendAsync(new byte[] { 1 }, Token);

        Assert.Null(await call.ReceiveAsync(Token));
        await call.CompleteAsync(Token);
    }

    [Fact]
    public async Task A_frame_above_the_limit_or_with_an_unknown_marker_ends_the_stream_without_a_word()
    {
        Server.HandleStream(Method, EchoAsync);

        Assert.Empty((await ExchangeAsync(Method, [5, 0, 0, 0, 0, 0, 0, 0, 1, 0]))!);
        Assert.Empty((await ExchangeAsync(Method, [0, 0, 0, 0, 0, 4, 0, 0, 1]))!);
        Assert.Empty((await ExchangeAsync(Method, [0, 255, 255, 255, 255, 255, 255, 255, 255]))!);
    }

    [Fact]
    public async Task Each_method_and_each_caller_may_have_a_limit_of_its_own()
    {
        Server.HandleStream(Method, EchoAsync, maxRequestBytes: 2);
        Assert.Empty((await ExchangeAsync(Method, [0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]))!);

        await using RpcCall call = await OpenAsync(Method);
        await call.SendAsync(new byte[] { 1, 2 }, Token);
        Assert.Equal([1, 2], (await call.ReceiveAsync(Token))!.Value.ToArray());
        call.MaxResponseBytes = 1;
        await call.SendAsync(new byte[] { 1, 2 }, Token);
        await Assert.ThrowsAsync<WireFormatException>(async () => await call.ReceiveAsync(Token));
    }

    [Fact]
    public async Task Malformed_frames_fail_the_caller()
    {
        foreach (string hex in new[] { "050000000000000000", "00ffffffffffffffff", "0000000000000005ff", "010000000000000001ff", "0000" })
        {
            Far.Handle(Method, async (stream, token) => await stream.WriteAsync(Convert.FromHexString(hex), token));
            await using RpcCall call = await OpenAsync(Method);
            Exception error = await Assert.ThrowsAnyAsync<Exception>(async () => await call.ReceiveAsync(Token));
            Assert.True(error is IOException or WireFormatException and not null, error.ToString());
            Far.Unhandle(Method);
        }
    }

    [Fact]
    public async Task A_peer_that_cannot_be_dialled_in_time_is_a_timeout()
    {
        SilentHost silent = new(Near);
        Task<RpcCall> opening = new RpcClient(silent, Clock).OpenAsync(Far.Id, Method, TimeSpan.FromSeconds(5), Token);

        Clock.Advance(TimeSpan.FromSeconds(6));

        await Assert.ThrowsAsync<TimeoutException>(() => opening);
    }

    private static async Task EchoAsync(RpcServerCall call, CancellationToken token)
    {
        await foreach (ReadOnlyMemory<byte> message in call.ReceiveAllAsync(token))
        {
            await call.SendAsync(message, token);
        }
    }

    /// <summary>A host whose dials never end.</summary>
    private sealed class SilentHost(IPeerHost inner) : IPeerHost
    {
        public PeerId Id => inner.Id;

        public IReadOnlyList<Multiaddress> ListenAddresses => [];

        public async ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("never reached");
        }

        public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler) => throw new NotSupportedException();

        public bool Unhandle(string protocolId) => false;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
