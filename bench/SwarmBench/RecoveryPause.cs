using System.Diagnostics;
using Whorl;
using Whorl.Client;
using Whorl.Client.Recovery;
using Whorl.Generation;

namespace SwarmBench;

/// <summary>
/// How long a text pauses when one of its three servers is killed, stands still, or loses its connections, with another holder of its
/// blocks alive: beyond the time in which its tokens are computed again, which is the machine's.
/// </summary>
internal static class RecoveryPause
{
    private const int Context = 1000, Steps = 12; // bard's texts have at most 1024 tokens

    private static readonly string[] Parts = ["0..1", "2..3", "4..5"];

    /// <param name="times">How often each.</param>
    public static async Task MeasureAsync(int times)
    {
        foreach (TimeSpan roundTrip in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromMilliseconds(100)])
        {
            await using Swarm swarm = await Swarm.StartAsync(roundTrip);
            string where = roundTrip == TimeSpan.Zero ? "loopback" : $"{roundTrip.TotalMilliseconds:F0} ms to each server and back";
            int often = roundTrip == TimeSpan.Zero ? times : Math.Max(1, times / 4);
            Print($"kill -9, {where}", await RepeatAsync(often, swarm, () => swarm.Used.Kill(), swarm.RestartAsync));
            Print($"connections cut, {where}", await RepeatAsync(often, swarm, () => swarm.UsedRelay.Cut(), () => Task.CompletedTask));
            if (!OperatingSystem.IsWindows())
            {
                int seldom = Math.Max(1, often / 4);
                Print($"SIGSTOP, {where}", await RepeatAsync(seldom, swarm, () => swarm.Used.Signal("-STOP"), swarm.ResumeAsync));
            }
        }
    }

    private static void Print(string what, IReadOnlyList<(SessionRecovery Recovery, double Slow)> seen)
    {
        double[] beyond = [.. seen.Select(s => (s.Recovery.Pause - s.Recovery.Replay).TotalMilliseconds).Order()];
        double[] replay = [.. seen.Select(s => s.Recovery.Replay.TotalMilliseconds).Order()];
        string kinds = string.Join(", ", seen.GroupBy(s => s.Recovery.Kind).Select(g => $"{g.Count()} {g.Key}"));
        Console.WriteLine($"{what}: pause beyond the replay {Part(beyond, 0.5):F1} ms (99 %: {Part(beyond, 0.99):F1}); "
            + $"replay of {Context} tokens {Part(replay, 0.5):F0} ms "
            + $"(99 %: {Part(replay, 0.99):F0}); slowest step before {seen.Max(s => s.Slow):F1} ms; {kinds}");
    }

    private static double Part(double[] sorted, double part) => sorted[Math.Min((int)(sorted.Length * part), sorted.Length - 1)];

    private static async Task<IReadOnlyList<(SessionRecovery Recovery, double Slow)>> RepeatAsync(
        int times, Swarm swarm, Action befall, Func<Task> mend)
    {
        List<(SessionRecovery, double)> seen = [];
        for (int i = 0; i < times; i++)
        {
            await using CausalSession session = await swarm.Client.Model.OpenSessionAsync(Context + (2 * Steps), 0, CancellationToken.None);
            int[] prompt = [.. Enumerable.Range(0, Context).Select(id => id % 64)];
            CausalStep step = new() { Ids = prompt, Logits = new float[swarm.Client.Model.VocabularySize] };
            await session.StepAsync(step, CancellationToken.None);
            step.Ids = new[] { 7 };
            double slowest = 0;
            for (int token = 0; token < Steps; token++)
            {
                long start = Stopwatch.GetTimestamp();
                await session.StepAsync(step, CancellationToken.None);
                slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            swarm.Look(session.Holders[1].Name);
            befall();
            await session.StepAsync(step, CancellationToken.None);
            await session.StepAsync(step, CancellationToken.None);
            if (session.Recoveries is [var recovery, ..])
            {
                seen.Add((recovery, slowest));
            }

            await mend();
        }

        return seen.Count > 0 ? seen : throw new InvalidOperationException("nothing was lost");
    }

    /// <summary>Three servers of bard and another one of the middle part, each behind a relay.</summary>
    private sealed class Swarm : IAsyncDisposable
    {
        private readonly List<ServerChild> _servers = [];
        private readonly List<Relay> _relays = [];
        private int _used;

        public LanguageModel Client { get; private set; } = null!;

        public ServerChild Used => _servers[_used];

        public Relay UsedRelay => _relays[_used];

        public static async Task<Swarm> StartAsync(TimeSpan roundTrip)
        {
            Swarm swarm = new();
            foreach (string blocks in (string[])[.. Parts, Parts[1]])
            {
                swarm._servers.Add(await ServerChild.StartAsync("bard", blocks));
                swarm._relays.Add(new Relay(swarm._servers[^1].Address, roundTrip));
            }

            swarm.Client = await swarm.ConnectAsync([0, 1, 2, 3]);
            await swarm.WarmAsync([0, 1, 2]);
            await swarm.WarmAsync([0, 3, 2]);
            return swarm;
        }

        /// <summary>Which of the two holders of the middle part computes for a session.</summary>
        public void Look(string name) => _used = name.Contains(_relays[3].Address, StringComparison.Ordinal) ? 3 : 1;

        public async Task RestartAsync()
        {
            await _servers[_used].DisposeAsync();
            _servers[_used] = await ServerChild.StartAsync("bard", Parts[1]);
            _relays[_used].PointTo(_servers[_used].Address);
            await WarmAsync([0, _used, 2]);
        }

        public async Task ResumeAsync()
        {
            Used.Signal("-CONT");
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        private Task<LanguageModel> ConnectAsync(int[] servers) => LanguageModel.ConnectAsync(
            "bard", new ConnectOptions { Servers = [.. servers.Select(i => _relays[i].Address)], ComputesLostBlocks = false });

        /// <summary>Lets servers compute what they will: their code is compiled when it first runs.</summary>
        private async Task WarmAsync(int[] servers)
        {
            await using LanguageModel model = await ConnectAsync(servers);
            await using CausalSession session = await model.Model.OpenSessionAsync(Context + Steps, 0, CancellationToken.None);
            CausalStep step = new() { Ids = new int[600], Logits = new float[model.Model.VocabularySize] };
            for (int i = 0; i < Steps; i++)
            {
                await session.StepAsync(step, CancellationToken.None);
                step.Ids = new[] { 7 };
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            foreach (Relay relay in _relays)
            {
                await relay.DisposeAsync();
            }

            foreach (ServerChild server in _servers)
            {
                await server.DisposeAsync();
            }
        }
    }
}
