using Whorl.Models;
using Whorl.P2P;
using Whorl.Server.Petals;
using Whorl.Testing;
using Whorl.Testing.Petals;
using Xunit.Abstractions;

namespace Whorl.Server.Tests.Petals;

/// <summary>Recorded Python clients talk to Whorl's servers, which hold the recorded checkpoint.</summary>
public class RecordedClientTests(ITestOutputHelper output)
{
    private const string Handlers = "TransformerConnectionHandler.";

    [ReferenceTheory]
    [InlineData("v2.2.0", "tiny-llama")]
    [InlineData("v2.3.0dev2", "tiny-llama")]
    [InlineData("v2.2.0-bloom", "tiny-bloom")]
    public async Task Recorded_clients_get_the_recorded_tensors(string recording, string model)
    {
        Replay replay = await ReplayAsync(recording, ReplaySwarm.ModelPath(model), BoundaryFormat.F32, 2e-5);
        output.WriteLine($"{recording}: {string.Join(", ", replay.Answers)}; largest relative difference {replay.Largest:e2}");
        foreach (var error in replay.Errors)
        {
            output.WriteLine($"{error.Scenario}: {error.Recorded} / {error.Own}");
        }
    }

    private static async Task<Replay> ReplayAsync(string recording, string model, BoundaryFormat boundary, double tolerance)
    {
        Transcript transcript = Transcript.Load(recording);
        TranscriptCall[] calls = [.. transcript.Calls.Where(c => c.By == "client" && c.Method.StartsWith(Handlers, StringComparison.Ordinal))];
        PetalsServerOptions options = new() { Prefix = ReplaySwarm.Prefix };
        await using ReplaySwarm swarm = new(model, boundary);
        PeerId[] servers = [.. calls.Where(c => c.Scenario == "warmup" && c.Method.EndsWith("rpc_inference", StringComparison.Ordinal))
            .OrderBy(c => c.Milliseconds).Select(c => PeerId.Parse(c.Callee)).Distinct()];
        swarm.Add(servers[0], new BlockRange(0, 1), options);
        swarm.Add(servers[1], new BlockRange(2, 3), options);
        Replay replay = new(swarm.Client, tolerance);
        await replay.RunAsync(calls.Where(c => !c.Method.Contains("backward", StringComparison.Ordinal)));
        return replay;
    }
}
