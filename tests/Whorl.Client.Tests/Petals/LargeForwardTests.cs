using Whorl.Client.Petals;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Messages;
using Whorl.Testing.Petals;

namespace Whorl.Client.Tests.Petals;

/// <summary>Forward passes about as large as a unary call may be: of these the sizes and the order of all messages are recorded.</summary>
public class LargeForwardTests
{
    [Theory]
    [InlineData(4096)] // exactly 1 MiB of hidden states: a unary call
    [InlineData(4097)] // a stream
    public async Task Client_and_server_exchange_messages_of_the_recorded_sizes_in_the_recorded_order(int rows)
    {
        Transcript transcript = Transcript.Load("v2.2.0-large");
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        foreach (TranscriptCall call in transcript.Of($"unary_or_stream/{rows}").Where(c => c.By == "client" && c.Method.Contains("rpc_forward", StringComparison.Ordinal)))
        {
            BlockRange range = call.Callee == transcript.Of("warmup").First(c => c.Method.EndsWith("rpc_inference", StringComparison.Ordinal)).Callee ? new(0, 1) : new(2, 3);
            IPeerHost server = await swarm.AddServerAsync(range), host = swarm.Network.AddHost();
            Tap tap = new(host, server.Id, Metadata(transcript));
            PetalsSpan span = await PetalsSpan.ConnectAsync(swarm.Rpc, host.Id, TestSwarm.Prefix, range, new PetalsClientOptions(), swarm.Limit);

            await span.ForwardAsync(swarm.Noise(1, rows), 1, range, swarm.Limit);

            Assert.Equal(call.Events.Select(e => (e.Kind, e.Length)), tap.Seen);
            await host.DisposeAsync();
        }
    }

    /// <summary>The metadata of the recorded forward passes, the same in all.</summary>
    private static ReadOnlyMemory<byte> Metadata(Transcript transcript) => ExpertRequest.Parse(
        transcript.Of("unary_or_stream").SelectMany(c => c.Requests).First()).Metadata;
}
