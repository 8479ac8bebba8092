using Whorl.P2P.Muxers.Yamux;

namespace Whorl.P2P.Tests.Muxers;

public sealed class YamuxOutputTests
{
    [Fact]
    public async Task A_ping_overtakes_the_data_that_waits()
    {
        BlockedStream stream = new();
        YamuxOutput output = new(stream, TimeProvider.System, () => { });
        await output.SendDataAsync(1, YamuxFlags.None, new byte[100], default);
        Task running = output.RunAsync(default);
        await stream.Begun.Task;
        await output.SendDataAsync(1, YamuxFlags.None, new byte[50_000], default);
        output.SendControl(new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Ack, 0, 7));
        output.Close();

        stream.Gate.SetResult();
        await running;

        Assert.Equal(YamuxFrameType.Ping, YamuxHeader.Read(stream.Written.AsSpan(100 + YamuxHeader.Size)).Type);
        Assert.Equal(100 + 50_000 + (3 * YamuxHeader.Size), stream.Written.Length);
    }

    /// <summary>Its first write waits.</summary>
    private sealed class BlockedStream : MemoryStream
    {
        public TaskCompletionSource Begun { get; } = new();

        public TaskCompletionSource Gate { get; } = new();

        public byte[] Written => ToArray();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Begun.TrySetResult();
            await Gate.Task;
            Write(buffer.Span);
        }
    }
}
