using System.Diagnostics;
using Whorl.Client;
using Whorl.Models;
using Whorl.P2P;

namespace SwarmBench;

/// <summary>
/// What one more server adds to a token besides its computing: real servers on loopback, each with a block as wide as a 1B model's. Of each
/// step's time that is left out which the servers say they computed (it is in their answers); what remains is software.
/// </summary>
internal static class TokenCost
{
    private const int WarmUp = 2000, Tokens = 3000;

    public static async Task MeasureAsync(CancellationToken cancellationToken)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("whorl-swarm-bench-");
        try
        {
            await ThinModel.WriteAsync(folder.FullName, blocks: 2);
            using ModelSource model = ModelSource.Open(folder.FullName);
            await using ThinServer first = await ThinServer.StartAsync(model, 0), second = await ThinServer.StartAsync(model, 1);
            await using Libp2pHost client = await Loopback.StartAsync();
            RemoteSpan[] spans = [await first.ConnectAsync(client, cancellationToken), await second.ConnectAsync(client, cancellationToken)];
            Console.WriteLine($"the same bytes there and back without our code: {await BareSockets.MeasureAsync(isEncrypted: false):F0} us, in TLS {await BareSockets.MeasureAsync(isEncrypted: true):F0} us (median)");
            (double[] one, _) = await MeasureAsync(spans, 1, cancellationToken);
            (double[] two, double[] computing) = await MeasureAsync(spans, 2, cancellationToken);
            Console.WriteLine($"one more stage, hidden size {ThinModel.HiddenSize}: {Part(two, 0.5) - Part(one, 0.5):F0} us of software a token (median)");
            Console.WriteLine($"  software of one stage {Part(one, 0.5):F0} us (90 %: {Part(one, 0.9):F0}), of two {Part(two, 0.5):F0} us (90 %: {Part(two, 0.9):F0}); computing, left out, {Part(computing, 0.5) / 2:F0} us a stage");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Microseconds of each step through the first servers, in order of size: what is software, and what was computing.</summary>
    private static async Task<(double[] Software, double[] Computing)> MeasureAsync(RemoteSpan[] spans, int stages, CancellationToken cancellationToken)
    {
        BlockRange blocks = new(0, stages - 1);
        await using IBlockSession session = await SpanChain.Cover(spans, blocks).OpenAsync(new BlockSessionOptions(blocks, WarmUp + Tokens), cancellationToken);
        BlockStep step = new() { Rows = 1, Input = new float[ThinModel.HiddenSize], Output = new float[ThinModel.HiddenSize] };
        double[] software = new double[Tokens], computing = new double[Tokens];
        for (int i = -WarmUp; i < Tokens; i++)
        {
            TimeSpan before = session.Holders.Aggregate(TimeSpan.Zero, (sum, h) => sum + h.Computing);
            long start = Stopwatch.GetTimestamp();
            await session.StepAsync(step, cancellationToken);
            TimeSpan took = Stopwatch.GetElapsedTime(start), computed = session.Holders.Aggregate(TimeSpan.Zero, (sum, h) => sum + h.Computing) - before;
            if (i >= 0)
            {
                (software[i], computing[i]) = ((took - computed).TotalMicroseconds, computed.TotalMicroseconds);
            }
        }

        Array.Sort(software);
        Array.Sort(computing);
        return (software, computing);
    }

    private static double Part(double[] sorted, double part) => sorted[(int)(sorted.Length * part)];
}
