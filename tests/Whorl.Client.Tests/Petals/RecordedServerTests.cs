using Whorl.Client.Routing;
using Whorl.Generation;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Tensors;
using Whorl.Testing.Petals;

namespace Whorl.Client.Tests.Petals;

/// <summary>A Whorl client talks to recorded Python servers, which it finds by the DHT alone.</summary>
public class RecordedServerTests
{
    [Theory]
    [InlineData("v2.2.0", "tiny-llama")]
    [InlineData("v2.3.0dev2", "tiny-llama")]
    [InlineData("v2.2.0-bf16", "tiny-llama")]
    [InlineData("v2.2.0-bloom", "tiny-bloom")]
    [InlineData("v2.2.0-large", "tiny-llama")]
    public async Task A_client_of_recorded_servers_writes_the_recorded_tokens(string recording, string model)
    {
        Transcript transcript = Transcript.Load(recording);
        string scenario = transcript.Of("generate").Any() ? "generate" : "warmup"; // where nothing else was generated
        TranscriptCall[] calls = [.. transcript.Of(scenario).Where(c => c.Method.EndsWith("rpc_inference", StringComparison.Ordinal))];
        TranscriptCall info = transcript.Of("warmup").First(c => c.Method.EndsWith("rpc_info", StringComparison.Ordinal));
        await using TestSwarm swarm = await TestSwarm.StartAsync(model);
        List<RecordedServer> servers = [];
        foreach (TranscriptCall call in calls)
        {
            IPeerHost host = swarm.Network.AddHost(PeerId.Parse(call.Callee));
            servers.Add(new RecordedServer(host, info, call));
            int first = ModuleUid.Parse(ModuleUid.SplitChain(ExpertRequest.Parse(call.Requests.First()).Uid)[0]).Block;
            await swarm.AnnounceAsync(host, new BlockRange(first, first + 1), saysWhere: recording == "v2.3.0dev2");
        }

        int[][] recorded = [.. calls[0].Requests.Select(r => ExpertRequest.Parse(r)).Where(r => r.Tensors.Count > 0).Select(r => Ids(swarm, r))];
        await WriteAsync(swarm, recorded);

        Assert.All(servers, server => Assert.Null(server.Complaint));
        Assert.All(servers, server => Assert.Equal(recorded.Length, server.Steps));
        Assert.All(servers, server => Assert.True(server.WasEnded));
    }

    /// <summary>Gives the recorded prompt and chooses token by token; each must be the one that the recorded client sent next.</summary>
    private static async Task WriteAsync(TestSwarm swarm, int[][] recorded)
    {
        SwarmSpan chain = await swarm.FindAsync();
        CausalModel model = new(swarm.Source, swarm.Ends, chain);
        await using CausalSession session = await model.OpenSessionAsync(recorded.Sum(ids => ids.Length), 0, swarm.Limit);
        int[] next = recorded[0];
        float[] logits = new float[swarm.Ends.VocabularySize];
        foreach (int[] ids in recorded)
        {
            Assert.Equal(ids, next);
            await session.StepAsync(new CausalStep { Ids = next, Logits = logits }, swarm.Limit);
            next = [logits.AsSpan().IndexOf(logits.Max())];
        }
    }

    /// <summary>The tokens whose embeddings a recorded client sent.</summary>
    private static int[] Ids(TestSwarm swarm, ExpertRequest request)
    {
        int width = swarm.Ends.BoundarySize, vocabulary = swarm.Ends.VocabularySize;
        float[] sent = TensorCodec.Decode(request.Tensors[0]).ToSingles(), embeddings = new float[vocabulary * width];
        swarm.Ends.Embed([.. Enumerable.Range(0, vocabulary)], new int[vocabulary], embeddings);
        return [.. Enumerable.Range(0, sent.Length / width).Select(row => Enumerable.Range(0, vocabulary).MinBy(id => Distance(row, id)))];

        double Distance(int row, int id)
        {
            double sum = 0;
            for (int i = 0; i < width; i++)
            {
                double difference = sent[(row * width) + i] - embeddings[(id * width) + i];
                sum += difference * difference;
            }

            return sum;
        }
    }
}
