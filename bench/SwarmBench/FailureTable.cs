using System.Diagnostics;
using Whorl.Client;
using Whorl.Models;
using Whorl.P2P;

namespace SwarmBench;

/// <summary>
/// Table 1 of Petals (arXiv 2312.08361): tokens a second through four stages where each send fails with some probability, and its server
/// with it. Ours (another holder computes the lost stage again) beside two that are modes of this measurement alone: everything from the
/// first token on ("caching with restarts"), and no caches at all, each token computed from the whole text ("cache-less").
/// </summary>
internal static class FailureTable
{
    private const int Samples = 8; // texts without caches are measured at so many of their lengths

    private const int Pairs = 11;
    private const int WarmUp = 600;

    private static readonly double[] Probabilities = [0, 1e-4, 1e-3, 1e-2];
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15); // of a text that begins again and again

    /// <param name="path">A model of at least four blocks.</param>
    /// <param name="roundTrip">To each server and back.</param>
    public static async Task MeasureAsync(string path, TimeSpan roundTrip)
    {
        using ModelSource model = ModelSource.Open(path);
        IReadOnlyList<BlockRange> stages = BlockRange.Split(model.Spec.Blocks.Count, 4);
        await using Stages servers = await Stages.StartAsync(model, [.. stages, .. stages], roundTrip);
        string name = Path.GetFileName(path);
        Console.WriteLine($"{name} in 4 stages of 2 holders each, {roundTrip.TotalMilliseconds:F0} ms to each and back; tokens/s");
        bool isShort = roundTrip == TimeSpan.Zero;
        foreach (int tokens in isShort ? (int[])[128, 1024] : [1024])
        {
            double whole = 0;
            await OursAsync(servers, new Faults(0), isShort ? WarmUp : 16); // compiled, connected
            float[] expected = [];
            foreach (double probability in isShort ? Probabilities : [0, 1e-2, 1e-3])
            {
                (double ours, int lost, float[] last) = await OursAsync(servers, new Faults(probability), tokens);
                expected = probability == 0 ? last : expected;
                whole = probability == 0 ? ours : whole;
                string equal = last.AsSpan().SequenceEqual(expected) ? "the same bytes" : "OTHER BYTES";
                Console.Write($"{tokens} tokens, failures {probability:0.####}: ours {ours:F1}, {ours / whole:P1}, {lost} lost, {equal}");
                if (isShort)
                {
                    double restarts = await RestartsAsync(servers, new Faults(probability), tokens);
                    double cacheless = await CachelessAsync(servers, new Faults(probability), tokens);
                    Console.Write($"; restarts {restarts:F1}; cache-less {cacheless:F1}");
                }

                Console.WriteLine();
            }

            if (isShort)
            {
                Console.WriteLine($"{tokens} tokens: the log, and what watches over the servers, take {await PriceAsync(servers, tokens):P1} more time");
            }
        }
    }

    /// <summary>How much longer a text takes without failures than one whose losses nothing could mend: the median of pairs, one after the other.</summary>
    private static async Task<double> PriceAsync(Stages servers, int tokens)
    {
        List<double> more = [];
        for (int i = 0; i < Pairs; i++)
        {
            double bare = await RestartsAsync(servers, new Faults(0), tokens), ours = (await OursAsync(servers, new Faults(0), tokens)).Rate;
            more.Add((bare / ours) - 1);
        }

        more.Sort();
        return more[Pairs / 2];
    }

    private static async Task<(double Rate, int Lost, float[] Last)> OursAsync(Stages servers, Faults faults, int tokens)
    {
        SpanChain chain = SpanChain.Cover([.. servers.Spans.Select(span => new FaultySpan(span, faults))], servers.All);
        await using IBlockSession session = await chain.OpenAsync(new BlockSessionOptions(servers.All, tokens), CancellationToken.None);
        BlockStep step = servers.Step(1);
        long start = Stopwatch.GetTimestamp();
        for (int token = 0; token < tokens; token++)
        {
            servers.Fill(step, token);
            await session.StepAsync(step, CancellationToken.None);
        }

        return (tokens / Stopwatch.GetElapsedTime(start).TotalSeconds, faults.Failed, step.Output.ToArray());
    }

    private static async Task<double> RestartsAsync(Stages servers, Faults faults, int tokens)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Longest)
        {
            List<IBlockSession> sessions = [];
            try
            {
                foreach (IBlockSpan span in servers.Spans.Take(4))
                {
                    BlockSessionOptions options = new(span.Range, tokens);
                    sessions.Add(await new FaultySpan(span, faults).OpenAsync(options, CancellationToken.None));
                }

                BlockStep step = servers.Step(1);
                for (int token = 0; token < tokens; token++)
                {
                    servers.Fill(step, token);
                    await PassAsync(sessions, step);
                }

                return tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            catch (IOException)
            {
                continue; // from the beginning
            }
            finally
            {
                foreach (IBlockSession session in sessions)
                {
                    await session.DisposeAsync();
                }
            }
        }

        return 0;
    }

    private static async Task<double> CachelessAsync(Stages servers, Faults faults, int tokens)
    {
        TimeSpan sum = TimeSpan.Zero;
        for (int sample = 1; sample <= Samples; sample++)
        {
            BlockStep step = servers.Step(tokens * sample / Samples);
            servers.Fill(step, 0);
            long start = Stopwatch.GetTimestamp();
            foreach (IBlockSpan span in servers.Spans.Take(4))
            {
                while (faults.Next())
                {
                    // sent again, to another one
                }

                BlockSessionOptions options = new(span.Range, step.Rows);
                await using IBlockSession session = await span.OpenAsync(options, CancellationToken.None);
                await session.StepAsync(step, CancellationToken.None);
            }

            sum += Stopwatch.GetElapsedTime(start);
        }

        return Samples / sum.TotalSeconds;
    }

    private static async ValueTask PassAsync(List<IBlockSession> sessions, BlockStep step)
    {
        ReadOnlyMemory<float> input = step.Input;
        foreach (IBlockSession session in sessions)
        {
            await session.StepAsync(step, CancellationToken.None);
            step.Input = step.Output; // what leaves one stage enters the next
        }

        step.Input = input;
    }

    /// <summary>Which sends fail: the same ones in each run.</summary>
    private sealed class Faults(double probability)
    {
        private readonly Random _random = new(7);

        public int Failed { get; private set; }

        public bool Next()
        {
            bool fails = _random.NextDouble() < probability;
            Failed += fails ? 1 : 0;
            return fails;
        }
    }

    /// <summary>Blocks whose holder is lost, with its sessions, when a send to it fails.</summary>
    private sealed class FaultySpan(IBlockSpan inner, Faults faults) : IBlockSpan
    {
        public BlockRange Range => inner.Range;

        public int BoundarySize => inner.BoundarySize;

        public SpanContract Contract => inner.Contract;

        public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken) =>
            new Session(await inner.OpenAsync(options, cancellationToken), faults);

        private sealed class Session(IBlockSession inner, Faults faults) : IBlockSession
        {
            public IReadOnlyList<BlockHolder> Holders => inner.Holders;

            public ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken) =>
                step.Rows == 1 && faults.Next() ? throw new IOException("the server is lost") : inner.StepAsync(step, cancellationToken);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }

    private sealed class Stages : IAsyncDisposable
    {
        private readonly List<ThinServer> _servers = [];
        private readonly List<Relay> _relays = [];
        private Libp2pHost _client = null!;
        private float[] _noise = [];

        public List<IBlockSpan> Spans { get; } = [];

        public BlockRange All => new(0, Spans.Max(span => span.Range.Last));

        public static async Task<Stages> StartAsync(ModelSource model, IReadOnlyList<BlockRange> ranges, TimeSpan roundTrip)
        {
            Stages stages = new() { _client = await Loopback.StartAsync() };
            foreach (BlockRange range in ranges)
            {
                ThinServer server = await ThinServer.StartAsync(model, range);
                stages._servers.Add(server);
                Relay? relay = roundTrip > TimeSpan.Zero ? new Relay(server.Endpoint, roundTrip) : null;
                stages._relays.AddRange(relay is null ? [] : [relay]);
                stages.Spans.Add(await server.ConnectAsync(stages._client, CancellationToken.None, relay?.Address));
            }

            Random random = new(1);
            stages._noise = [.. Enumerable.Range(0, 4096).Select(_ => (float)((random.NextDouble() * 2) - 1))];
            return stages;
        }

        public BlockStep Step(int rows)
        {
            int length = rows * Spans[0].BoundarySize;
            return new BlockStep { Rows = rows, Input = new float[length], Output = new float[length] };
        }

        /// <summary>Rows that mean nothing, others for each token.</summary>
        public void Fill(BlockStep step, int token)
        {
            float[] input = new float[step.Rows * Spans[0].BoundarySize];
            for (int i = 0; i < input.Length; i++)
            {
                input[i] = _noise[((token * 31) + i) % _noise.Length];
            }

            step.Input = input;
        }

        public async ValueTask DisposeAsync()
        {
            await _client.DisposeAsync();
            foreach (Relay relay in _relays)
            {
                await relay.DisposeAsync();
            }

            foreach (ThinServer server in _servers)
            {
                await server.DisposeAsync();
            }
        }
    }
}
