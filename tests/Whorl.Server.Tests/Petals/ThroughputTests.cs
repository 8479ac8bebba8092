using Whorl.P2P;
using Whorl.Server.Petals;
using Whorl.Swarm;
using Whorl.Tensors;

namespace Whorl.Server.Tests.Petals;

/// <summary>What servers announce of their speed and their weights.</summary>
public class ThroughputTests
{
    [Fact]
    public void Throughput_is_what_computing_or_the_link_allows_and_a_relay_costs_four_fifths_of_the_link()
    {
        Assert.Equal(100e6 / (4096 * 16), ServerThroughput.NetworkRpsOf(100e6, 4096));
        ServerThroughput throughput = new(NetworkRps: 1000, ForwardRps: 3000, InferenceRps: 50);
        Assert.Equal(1000, throughput.Of(1, usesRelay: false));
        Assert.Equal(3000 / 4.5, throughput.Of(8, usesRelay: false));
        Assert.Equal(200, throughput.Of(8, usesRelay: true));
        Assert.Equal(3000 / 20.5, throughput.Of(40, usesRelay: true));
    }

    [Theory]
    [InlineData(2, 500, 25)] // 50 steps fill 100 ms; every pass takes a tick, so all fit
    [InlineData(60, 1000 / 60.0, 1)] // 2 steps; a second pass, taken for four times as long, would not fit
    public void What_is_computed_in_a_second_is_measured_on_the_given_clock_and_only_for_so_long(int millisecondsPerReading, double inference, int passes)
    {
        using Hosted hosted = new();
        TickingClock clock = new(TimeSpan.FromMilliseconds(millisecondsPerReading));

        ServerThroughput measured = ThroughputMeter.Measure(hosted.Blocks, networkBits: 32e6, clock);

        Assert.Equal(32e6 / (16 * hosted.Span.BoundarySize), measured.NetworkRps);
        Assert.Equal(inference, measured.InferenceRps, 1e-9);
        int rows = passes == 1 ? 16 : 1024;
        Assert.Equal(rows / (millisecondsPerReading / 1000.0), measured.ForwardRps, 1e-9);
    }

    [Fact]
    public void A_clock_that_stands_still_gives_finite_rates()
    {
        using Hosted hosted = new();
        ServerThroughput measured = ThroughputMeter.Measure(hosted.Blocks, 1e6, new TickingClock(TimeSpan.Zero));
        Assert.True(double.IsFinite(measured.ForwardRps) && double.IsFinite(measured.InferenceRps) && measured.InferenceRps > 0);
    }

    [Theory]
    [InlineData(ElementType.F32, "none")]
    [InlineData(ElementType.BF16, "none")]
    [InlineData(ElementType.Q8_0, "int8")]
    [InlineData(ElementType.F8_E4M3, "int8")]
    [InlineData(ElementType.Q6_K, "int8")]
    [InlineData(ElementType.Q5_0, "int8")]
    [InlineData(ElementType.Q4_K, "nf4")]
    [InlineData(ElementType.Q4_1, "nf4")]
    [InlineData(ElementType.U8, "nf4")]
    [InlineData(ElementType.MXFP4, "nf4")]
    public void Element_types_are_told_in_the_nearest_of_Petals_words(ElementType type, string word) => Assert.Equal(word, QuantType.Of(type));

    [Fact]
    public async Task A_server_announces_what_was_measured_and_what_its_weights_are()
    {
        using Hosted hosted = new(budget: 1 << 20);
        await using IPeerHost host = new InMemoryNetwork().AddHost();
        string quantised = QuantType.Of(hosted.Source, hosted.Span.Range);
        await using PetalsServer server = new(host, hosted.Span, new PetalsServerOptions { Prefix = "bard", QuantType = quantised }, TimeProvider.System);

        ServerInfo info = server.Describe(ServerState.Online, new ServerThroughput(1000, 600, 50), usesRelay: true);

        Assert.Equal((1, 4), (info.StartBlock, info.EndBlock));
        Assert.Equal((200, 1000, 600, 50), (info.Throughput, info.NetworkRps, info.ForwardRps, info.InferenceRps));
        Assert.Equal("none", info.QuantType);
        Assert.True(info.UsingRelay);
        Assert.Equal(info, ServerInfo.Parse(info.ToBytes()) with { Adapters = info.Adapters });
    }

    /// <summary>A clock on which the same time passes between any two readings.</summary>
    private sealed class TickingClock(TimeSpan tick) : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += tick.Ticks;
    }
}
