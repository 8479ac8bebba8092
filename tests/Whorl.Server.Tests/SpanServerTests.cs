using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Client;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>Blocks served to others, over a network in memory.</summary>
public sealed class SpanServerTests : IAsyncLifetime, IDisposable
{
    private readonly InMemoryNetwork _network = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly Hosted _hosted;
    private readonly IPeerHost _serverHost;
    private readonly IPeerHost _clientHost;
    private readonly SpanServer _server;

    public SpanServerTests()
    {
        _hosted = new Hosted(budget: 16 << 20, time: _clock);
        (_serverHost, _clientHost) = (_network.AddHost(), _network.AddHost());
        _server = new SpanServer(_hosted.Span, NullLogger.Instance);
        _server.Listen(_serverHost);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _clientHost.DisposeAsync();
        await _serverHost.DisposeAsync();
        await _server.DisposeAsync(); // where a stream broke, its session would live on for its lease
        Assert.Equal(0, _server.Sessions);
        Assert.Equal(0, _hosted.Span.Budget.Taken);
        Assert.Equal(0, _network.OpenStreams);
    }

    public void Dispose() => _hosted.Dispose();

    [Fact]
    public async Task A_session_over_the_network_gives_the_local_bytes_and_names_its_holder()
    {
        RemoteSpan remote = await ConnectAsync();
        Assert.Equal((new BlockRange(1, 3), _hosted.Span.BoundarySize, _hosted.Span.Contract), (remote.Range, remote.BoundarySize, remote.Contract));
        Assert.Equal(await _hosted.ComputeAsync(_hosted.Span, (70, 1), (1, 2), (3, 3)), await _hosted.ComputeAsync(remote, (70, 1), (1, 2), (3, 3)));

        await using IBlockSession session = await remote.OpenAsync(new BlockSessionOptions(new BlockRange(2, 3), 10), CancellationToken.None);
        Assert.Equal([("there", new BlockRange(2, 3))], session.Holders.Select(h => (h.Name, h.Range)));
    }

    [Fact]
    public async Task A_repeated_step_is_answered_again_and_not_computed_again()
    {
        float[] expected = await _hosted.ComputeAsync(_hosted.Span, (2, 1), (1, 2));
        await using PeerStream stream = await _clientHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, CancellationToken.None);
        SpanConnection connection = await OpenAsync(stream, 3);
        float[] first = await StepAsync(connection, 1, rows: 2, seed: 1);
        float[] again = await StepAsync(connection, 1, rows: 2, seed: 1);
        float[] second = await StepAsync(connection, 2, rows: 1, seed: 2); // would not fit, had the first been computed twice
        Assert.Equal(first, again);
        Assert.Equal(expected, (float[])[.. first, .. second]);
    }

    [Theory]
    [InlineData(3, 2, 2)] // a step was left out
    [InlineData(2, 2, 1)] // rows and payload do not agree
    [InlineData(1, 2, 1)] // the same of a repeated step
    public async Task A_client_that_breaks_the_protocol_loses_its_stream_and_its_session(long number, int rows, int rowsSent)
    {
        await using PeerStream stream = await _clientHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, CancellationToken.None);
        SpanConnection connection = await OpenAsync(stream, 20);
        await StepAsync(connection, 1, rows: 2, seed: 1);
        Assert.Equal(1, _server.Sessions);
        await connection.SendAsync(new SpanRequest.Step(number, rows, false), _hosted.Step(rowsSent, 1).Input, CancellationToken.None);
        await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReceiveReplyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_client_that_is_silent_for_half_an_hour_loses_its_session_and_a_busy_one_does_not()
    {
        await using PeerStream stream = await _clientHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, CancellationToken.None);
        SpanConnection connection = await OpenAsync(stream, 20);
        for (int number = 1; number < 5; number++)
        {
            _clock.Advance(TimeSpan.FromMinutes(29));
            await StepAsync(connection, number, rows: 1, seed: 1);
        }

        _clock.Advance(TimeSpan.FromMinutes(30));
        await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReceiveReplyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_step_of_more_rows_than_the_session_may_ever_hold_is_refused_before_memory_is_taken_and_the_session_goes_on()
    {
        await using PeerStream stream = await _clientHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, CancellationToken.None);
        SpanConnection connection = await OpenAsync(stream, 3);
        await connection.SendAsync(new SpanRequest.Step(1, 4, false), _hosted.Step(4, 1).Input, CancellationToken.None);
        SpanReply.Failure refusal = Assert.IsType<SpanReply.Failure>(await connection.ReceiveReplyAsync(CancellationToken.None));
        Assert.Equal((SpanFailureCode.BadRequest, "a step of 4 rows in a session of at most 3 tokens"), (refusal.Code, refusal.Message));
        Assert.Equal(await _hosted.ComputeAsync(_hosted.Span, (3, 2)), await StepAsync(connection, 1, rows: 3, seed: 2));
    }

    [Fact]
    public async Task A_server_that_does_not_say_what_it_holds_is_given_up()
    {
        await using IPeerHost mute = _network.AddHost();
        TaskCompletionSource asked = new();
        mute.Handle(SpanWire.ProtocolId, (_, token) =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
        Task<RemoteSpan> connecting = RemoteSpan.ConnectAsync(_clientHost, mute.Id, "mute", _clock, CancellationToken.None).AsTask();
        await asked.Task;
        _clock.Advance(TimeSpan.FromSeconds(30));
        PeerUnavailableException error = await Assert.ThrowsAsync<PeerUnavailableException>(() => connecting);
        Assert.Contains("mute", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_opening_on_a_stream_ends_it()
    {
        await using PeerStream stream = await _clientHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, CancellationToken.None);
        SpanConnection connection = await OpenAsync(stream, 20);
        await connection.SendAsync(new SpanRequest.Open(1, 3, 20, 0, _hosted.Span.Contract.Text), default, CancellationToken.None);
        await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReceiveReplyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_cannot_be_opened_is_refused_with_its_reason_and_the_stream_goes_on()
    {
        await using PeerStream stream = await _clientHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, CancellationToken.None);
        SpanConnection connection = new(stream);
        string own = _hosted.Span.Contract.Text;
        foreach ((SpanRequest.Open open, SpanFailureCode code) in ((SpanRequest.Open, SpanFailureCode)[])
            [
                (new SpanRequest.Open(1, 3, 20, 0, "another"), SpanFailureCode.BadRequest),
                (new SpanRequest.Open(1, 3, 20, 0, ""), SpanFailureCode.BadRequest),
                (new SpanRequest.Open(0, 3, 20, 0, own), SpanFailureCode.BadRequest),
                (new SpanRequest.Open(1, 4, 20, 0, own), SpanFailureCode.BadRequest),
                (new SpanRequest.Open(1, 3, 0, 0, own), SpanFailureCode.BadRequest),
                (new SpanRequest.Open(1, 3, 1 << 24, 1 << 24, own), SpanFailureCode.OutOfMemory),
            ])
        {
            await connection.SendAsync(open, default, CancellationToken.None);
            SpanReply.Failure failure = Assert.IsType<SpanReply.Failure>(await connection.ReceiveReplyAsync(CancellationToken.None));
            Assert.Equal(code, failure.Code);
            Assert.NotEqual("", failure.Message);
        }

        await connection.SendAsync(new SpanRequest.Open(1, 3, 20, 0, own), default, CancellationToken.None);
        Assert.IsType<SpanReply.Opened>(await connection.ReceiveReplyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_step_that_does_not_fit_its_session_is_refused_and_the_session_goes_on()
    {
        RemoteSpan remote = await ConnectAsync();
        await using IBlockSession session = await remote.OpenAsync(new BlockSessionOptions(remote.Range, 3), CancellationToken.None);
        BlockStep first = _hosted.Step(2, 1), second = _hosted.Step(1, 2);
        await session.StepAsync(first, CancellationToken.None);
        SpanRefusedException refused = await Assert.ThrowsAsync<SpanRefusedException>(async () => await session.StepAsync(_hosted.Step(2, 9), CancellationToken.None));
        Assert.Contains("there", refused.Message, StringComparison.Ordinal);
        await session.StepAsync(second, CancellationToken.None);
        Assert.Equal(await _hosted.ComputeAsync(_hosted.Span, (2, 1), (1, 2)), (float[])[.. first.Output.ToArray(), .. second.Output.ToArray()]);
    }

    [Fact]
    public async Task Many_clients_at_once_get_each_the_bytes_it_gets_alone()
    {
        RemoteSpan remote = await ConnectAsync();
        (int, int)[][] texts = [.. Enumerable.Range(0, 8).Select(t => new[] { (4 + t, 10 * t), (1, (10 * t) + 1), (2, (10 * t) + 2) })];
        float[][] together = await Task.WhenAll(texts.Select(text => Task.Run(() => _hosted.ComputeAsync(remote, text))));
        for (int t = 0; t < texts.Length; t++)
        {
            Assert.Equal(await _hosted.ComputeAsync(_hosted.Span, texts[t]), together[t]);
        }
    }

    [Fact]
    public async Task A_server_that_dies_is_named_in_the_session_s_error()
    {
        RemoteSpan remote = await ConnectAsync();
        await using IBlockSession session = await remote.OpenAsync(new BlockSessionOptions(remote.Range, 10), CancellationToken.None);
        await session.StepAsync(_hosted.Step(1, 1), CancellationToken.None);
        Assert.True(_network.Kill(_serverHost.Id));
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(async () => await session.StepAsync(_hosted.Step(1, 2), CancellationToken.None));
        Assert.Equal(("there", remote.Range), (lost.Server, lost.Range));
    }

    [Fact]
    public void Spans_that_do_not_reach_all_blocks_or_compute_otherwise_are_no_chain()
    {
        NoRouteException gap = Assert.Throws<NoRouteException>(() => SpanChain.Cover([_hosted.Span], new BlockRange(0, 3)));
        Assert.Contains("block 0", gap.Message, StringComparison.Ordinal);
        Assert.Contains("1..3", gap.Message, StringComparison.Ordinal);
    }

    private ValueTask<RemoteSpan> ConnectAsync() => RemoteSpan.ConnectAsync(_clientHost, _serverHost.Id, "there", TimeProvider.System, CancellationToken.None);

    private async Task<SpanConnection> OpenAsync(PeerStream stream, int maxLength)
    {
        SpanConnection connection = new(stream);
        await connection.SendAsync(new SpanRequest.Open(1, 3, maxLength, 0, _hosted.Span.Contract.Text), default, CancellationToken.None);
        Assert.IsType<SpanReply.Opened>(await connection.ReceiveReplyAsync(CancellationToken.None));
        return connection;
    }

    private async Task<float[]> StepAsync(SpanConnection connection, long number, int rows, int seed)
    {
        await connection.SendAsync(new SpanRequest.Step(number, rows, false), _hosted.Step(rows, seed).Input, CancellationToken.None);
        Assert.Equal(number, Assert.IsType<SpanReply.Result>(await connection.ReceiveReplyAsync(CancellationToken.None)).Number);
        float[] output = new float[connection.PayloadLength];
        await connection.ReceivePayloadAsync(output, CancellationToken.None);
        return output;
    }
}
