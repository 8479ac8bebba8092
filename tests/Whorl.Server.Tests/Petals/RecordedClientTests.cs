using Whorl.Models;
using Whorl.P2P;
using Whorl.Testing.Petals;
using Xunit.Abstractions;

namespace Whorl.Server.Tests.Petals;

/// <summary>Recorded Python clients talk to Whorl's servers, which hold the recorded checkpoint.</summary>
public class RecordedClientTests(ITestOutputHelper output)
{
    private const string Handlers = "TransformerConnectionHandler.";

    /// <summary>Where Python names the accident rather than the mistake; this server's own words say what is wrong.</summary>
    private static readonly Dictionary<string, string> OwnWords = new()
    {
        ["inference_errors/max_length is a float"] = "'max_length' is not an integer",
        ["inference_errors/points is a str"] = "'points' is not a finite number",
        ["forward_errors/not a map"] = "request metadata",
    };

    [Theory]
    [InlineData("v2.2.0", "tiny-llama")]
    [InlineData("v2.3.0dev2", "tiny-llama")]
    [InlineData("v2.2.0-bloom", "tiny-bloom")]
    [InlineData("v2.2.0-large", "tiny-llama")] // of its large messages only the sizes are recorded; they are compared in Whorl.Client.Tests
    public async Task Recorded_clients_get_the_recorded_tensors_and_errors(string recording, string model)
    {
        Replay replay = await ReplayAsync(recording, ReplaySwarm.ModelPath(model), BoundaryFormat.F32, tolerance: 2e-5);

        Assert.All(replay.Errors, error =>
        {
            if (OwnWords.TryGetValue(error.Scenario, out string? words))
            {
                Assert.Contains(words, error.Own, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(PeerText.Clean(error.Recorded, int.MaxValue), error.Own); // callers are shown it in this form
            }
        });
    }

    /// <summary>
    /// Petals rounds every intermediate result to bfloat16, Whorl only the weights and what crosses block boundaries: so the answers differ
    /// by a few of bfloat16's steps (2^-8 of the value) and no more.
    /// </summary>
    [Fact]
    public async Task Recorded_clients_of_bfloat16_servers_get_the_recorded_tensors_within_bfloat16()
    {
        using RoundedCheckpoint model = new(ReplaySwarm.ModelPath("tiny-llama"));
        await ReplayAsync("v2.2.0-bf16", model.Path, BoundaryFormat.BF16, tolerance: 4.0 / 256);
    }

    /// <summary>Answers are held against the recording as they come; at the end every answer that it has must have come.</summary>
    private async Task<Replay> ReplayAsync(string recording, string model, BoundaryFormat boundary, double tolerance)
    {
        TranscriptCall[] calls = [.. Transcript.Load(recording).Calls.Where(c => c.By == "client" && c.Method.StartsWith(Handlers, StringComparison.Ordinal))];
        await using ReplaySwarm swarm = new(model, boundary);
        PeerId[] servers = [.. calls.Where(c => c.Scenario == "warmup" && c.Method.EndsWith("rpc_inference", StringComparison.Ordinal))
            .OrderBy(c => c.Milliseconds).Select(c => PeerId.Parse(c.Callee)).Distinct()];
        swarm.Add(servers[0], new BlockRange(0, 1));
        swarm.Add(servers[1], new BlockRange(2, 3));
        Replay replay = new(swarm.Client, tolerance, rollsBack: recording == "v2.3.0dev2");
        await replay.RunAsync(calls);

        output.WriteLine(
            $"{recording}: {string.Join(", ", replay.Answers)}, {replay.Errors.Count} errors, {replay.Refused.Count} refused; largest relative difference {replay.Largest:e2}");
        Assert.Equal(calls.Where(c => c.Method.Contains("backward", StringComparison.Ordinal)), replay.Refused.OrderBy(c => c.Milliseconds));
        Assert.Equal(calls.Except(replay.Refused).Sum(c => c.Responses.Count()), replay.Answers.Values.Sum() + replay.LeftOut);
        Assert.Equal(calls.Count(EndsInHandlersError), replay.Errors.Count);
        return replay;
    }

    private static bool EndsInHandlersError(TranscriptCall call) =>
        call.Error?.StartsWith("P2PHandlerError", StringComparison.Ordinal) == true
        && call.Events.All(e => e.Kind is not ("request" or "response") || e.Message is not null);
}
