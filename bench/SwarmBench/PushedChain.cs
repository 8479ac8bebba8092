using System.Diagnostics;
using Whorl.Client;
using Whorl.Models;
using Whorl.P2P;

namespace SwarmBench;

/// <summary>What a token takes through four servers that are 20 ms from each other and from the client: carried by the client, and sent on by the servers.</summary>
internal static class PushedChain
{
    private const int Stages = 4, WarmUp = 10, Tokens = 60;

    private static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(20);

    public static async Task MeasureAsync(CancellationToken cancellationToken)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("whorl-swarm-bench-");
        try
        {
            await ThinModel.WriteAsync(folder.FullName, Stages);
            using ModelSource model = ModelSource.Open(folder.FullName);
            double carried = await MeasureAsync(model, pushes: false, cancellationToken), pushed = await MeasureAsync(model, pushes: true, cancellationToken);
            Console.WriteLine($"a token through {Stages} servers {OneWay.TotalMilliseconds:0} ms apart: {carried:F1} ms carried by the client, {pushed:F1} ms sent on by the servers, {carried / pushed:F2} times as fast (median)");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> MeasureAsync(ModelSource model, bool pushes, CancellationToken cancellationToken)
    {
        List<ThinServer> servers = [];
        await using IPeerHost client = Loopback.Far(await Loopback.StartAsync(), OneWay);
        try
        {
            List<RemoteSpan> spans = [];
            for (int i = 0; i < Stages; i++)
            {
                servers.Add(await ThinServer.StartAsync(model, i, OneWay, pushes));
                spans.Add(await servers[i].ConnectAsync(client, cancellationToken));
            }

            BlockRange blocks = new(0, Stages - 1);
            await using IBlockSession session = await SpanChain.Cover(spans, blocks).OpenAsync(new BlockSessionOptions(blocks, WarmUp + Tokens), cancellationToken);
            BlockStep step = new() { Rows = 1, Input = new float[ThinModel.HiddenSize], Output = new float[ThinModel.HiddenSize] };
            double[] took = new double[Tokens];
            for (int i = -WarmUp; i < Tokens; i++)
            {
                long start = Stopwatch.GetTimestamp();
                await session.StepAsync(step, cancellationToken);
                if (i >= 0)
                {
                    took[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }

            Array.Sort(took);
            return took[Tokens / 2];
        }
        finally
        {
            foreach (ThinServer server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }
}
