using System.Text;
using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Protocol.Tests.Rpc;

public sealed class UnaryCallTests : RpcTestBase
{
    private const string Method = "Test.rpc_unary";

    [Fact]
    public async Task An_answer_comes_back_and_the_handler_knows_the_caller()
    {
        RpcContext? seen = null;
        Server.HandleUnary(Method, (context, request, _) =>
        {
            seen = context;
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(request.ToArray().Reverse().ToArray());
        });

        Assert.Equal([3, 2, 1], (await CallAsync(Method, [1, 2, 3])).ToArray());
        Assert.Equal(new RpcContext(Near.Id, Method), seen);
    }

    [Fact]
    public async Task An_empty_request_and_an_empty_answer_travel()
    {
        Server.HandleUnary(Method, (_, request, _) => ValueTask.FromResult(request));

        Assert.Empty((await CallAsync(Method, [])).ToArray());
    }

    [Fact]
    public async Task Megabytes_travel_up_to_the_limit_and_not_beyond()
    {
        Server.HandleUnary(Method, (_, request, _) => ValueTask.FromResult(request));
        byte[] most = new byte[RpcLimits.MaxUnaryBytes - RpcLimits.UnaryEnvelopeBytes];

        Assert.Equal(most.Length, (await CallAsync(Method, most)).Length);
        await Assert.ThrowsAsync<ArgumentException>(() => CallAsync(Method, new byte[RpcLimits.MaxUnaryBytes]));
    }

    [Fact]
    public async Task An_answer_that_is_too_long_becomes_an_error_and_not_silence()
    {
        Server.HandleUnary(Method, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[RpcLimits.MaxUnaryBytes]));

        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(() => CallAsync(Method, []));
        Assert.Contains("4194304", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "KeyError('x.0')")]
    [InlineData(false, "InvalidOperationException in the handler")]
    public async Task A_handlers_failure_reaches_the_caller(bool meantForTheCaller, string text)
    {
        Server.HandleUnary(Method, (_, _, _) => throw (meantForTheCaller
            ? new RpcErrorException("KeyError('x.0')")
            : new InvalidOperationException("a secret of this process")));

        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(() => CallAsync(Method, []));
        Assert.Equal(text, error.Message);
    }

    [Fact]
    public async Task A_long_error_text_travels_and_is_cut_for_the_reader()
    {
        Server.HandleUnary(Method, (_, _, _) => throw new RpcErrorException(new string('é', RpcLimits.MaxErrorBytes)));

        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(() => CallAsync(Method, []));
        Assert.Equal(new string('é', 999) + "…", error.Message);
    }

    [Fact]
    public void A_text_above_the_limit_is_cut_at_a_character_before_it_travels() =>
        Assert.Equal(new string('é', RpcLimits.MaxErrorBytes / 2), Encoding.UTF8.GetString(RpcText.Encode("é" + new string('é', RpcLimits.MaxErrorBytes))));

    [Fact]
    public async Task An_error_text_cannot_drive_the_callers_terminal()
    {
        Server.HandleUnary(Method, (_, _, _) => throw new RpcErrorException("\u001b]0;title\u0007ValueError\n\u001b[31mred"));

        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(() => CallAsync(Method, []));
        Assert.Equal("ValueError red", error.Message);
    }

    [Fact]
    public async Task A_cancelled_caller_cancels_the_handler()
    {
        TaskCompletionSource started = new();
        TaskCompletionSource cancelled = new();
        Server.HandleUnary(Method, async (_, _, token) =>
        {
            started.SetResult();
            using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return default;
        });
        using CancellationTokenSource cancel = new();
        Task<ReadOnlyMemory<byte>> call = Client.CallAsync(Far.Id, Method, default, Timeout.InfiniteTimeSpan, cancel.Token);
        await started.Task.WaitAsync(Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await cancelled.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task A_deadline_that_passes_is_a_timeout_and_cancels_the_handler()
    {
        TaskCompletionSource started = new();
        TaskCompletionSource cancelled = new();
        Server.HandleUnary(Method, async (_, _, token) =>
        {
            started.SetResult();
            using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return default;
        });
        Task<ReadOnlyMemory<byte>> call = CallAsync(Method, []);
        await started.Task.WaitAsync(Token);

        Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(call.IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(0.2));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        await cancelled.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task A_request_that_never_arrives_whole_is_given_up()
    {
        Server.HandleUnary(Method, (_, request, _) => ValueTask.FromResult(request));
        await using PeerStream stream = await Near.DialAsync(Far.Id, Method, Token);
        await stream.WriteAsync(new byte[] { 0x52 }, Token);
        await Eventually(() => Clock.PendingTimers > 0);

        Clock.Advance(RpcLimits.RequestTimeout);

        await Assert.ThrowsAnyAsync<IOException>(async () => await stream.ReadExactlyAsync(new byte[1], Token));
    }

    [Fact]
    public async Task A_caller_that_closes_its_side_before_the_answer_gets_none()
    {
        TaskCompletionSource cancelled = new();
        Server.HandleUnary(Method, async (_, _, token) =>
        {
            using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return default;
        });

        Assert.Null(await ExchangeAsync(Method, UnaryMessage.Request(Far.Id, Method, default), halfClose: true));
        await cancelled.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task An_unknown_method_is_named()
    {
        ProtocolNotSupportedException error =
            await Assert.ThrowsAsync<ProtocolNotSupportedException>(() => CallAsync("Test.rpc_nothing", []));
        Assert.Equal("Test.rpc_nothing", error.ProtocolId);
    }

    [Theory]
    [InlineData("")] // the stream ends without an answer
    [InlineData("0101")] // ends within the message
    [InlineData("8180800201")] // announces 4 MiB + 1
    [InlineData("120a10000102030405060708090a0b0c0d0e0f")] // neither response nor error
    [InlineData("02ffff")] // no protobuf
    public async Task A_malformed_answer_fails_the_call(string hex)
    {
        Far.Handle(Method, async (stream, token) => await stream.WriteAsync(Convert.FromHexString(hex), token));

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => CallAsync(Method, []));
        Assert.True(error is IOException or WireFormatException and not null, error.ToString());
    }

    [Fact]
    public async Task Any_bytes_give_a_request_or_end_the_stream()
    {
        Server.HandleUnary(Method, (_, request, _) => ValueTask.FromResult(request));
        byte[] valid = UnaryMessage.Request(Far.Id, Method, Encoding.UTF8.GetBytes("request"));
        Random random = new(9);
        int answered = 0;
        for (int round = 0; round < 500; round++)
        {
            byte[] bytes = (byte[])valid.Clone();
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            answered += await ExchangeAsync(Method, bytes, halfClose: true) is { Length: > 0 } ? 1 : 0;
        }

        Assert.InRange(answered, 0, 500);
        Assert.Equal([1], (await CallAsync(Method, [1])).ToArray());
    }
}
