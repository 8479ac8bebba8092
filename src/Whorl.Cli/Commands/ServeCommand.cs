using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Whorl.Cli.Arguments;
using Whorl.Cli.Chaos;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server;
using Whorl.Server.Petals;
using Whorl.Swarm;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl serve</c>: hold blocks of a model for others.</summary>
internal static class ServeCommand
{
    /// <summary>What begins the line that tells where a server listens.</summary>
    public const string Ready = "listening on ";

    /// <summary>The option that says how long sessions under way may go on when the server is asked to stop, in seconds.</summary>
    public const string GraceOption = "--grace";

    /// <summary>What a server of a chaos run says when it has read an order.</summary>
    public const string Told = "told";

    /// <summary>How long a server that outlives the program that started it may take to say goodbye.</summary>
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(4);

    /// <summary>Of pages that sessions have given back and the next ones take; what nobody needs goes back to the system within a minute.</summary>
    private const long MostFreePageBytes = 256L << 20;

    public static Command Create()
    {
        ModelArguments model = new(optional: false);
        Option<string?> blocks = new("--blocks")
        {
            Description = "Which blocks, both ends included: 5..9. Default: all. No other block's weights are read, "
                + "nor fetched where MODEL is a name on the hub.",
            HelpName = "FIRST..LAST",
        };
        NetworkArguments swarm = new(listen: ":0");
        LogArguments logging = new();
        Option<string?> prefix = RemoteArguments.PrefixOption();
        Option<int> cache = new("--cache-mib") { Description = "Memory for all sessions together; what would go beyond is refused.", DefaultValueFactory = _ => 2048, HelpName = "MIB" };
        Check.Whole(cache, 0);
        Option<int> link = new("--link-mbits")
        {
            Description = "Speed of the network link, told to the swarm with the speed of computing, which is measured.",
            DefaultValueFactory = _ => (int)(ServerThroughput.DefaultNetworkBits / 1e6),
            HelpName = "MBITS",
        };
        Check.Whole(link, 1);
        Option<bool> noPrefixes = new("--no-prefixes") { Description = "Do not keep what was computed of texts' beginnings, in cache memory that no session needs, for texts that begin alike." };
        Option<string?> publicName = new("--public-name") { Description = "A name for this server, shown to everybody in the swarm.", HelpName = "NAME" };
        Option<int> grace = new(GraceOption)
        {
            Description = "After Ctrl-C, how long sessions under way may go on; new ones are refused. A second Ctrl-C ends them at once.",
            DefaultValueFactory = _ => 30,
            HelpName = "SECONDS",
        };
        Check.Whole(grace, 0, 86_400);
        Option<string?> operators = new("--operator")
        {
            Description = "Who may ask this server to leave with whorl drain: the id of a key, or a file with an id on each line. Default: nobody.",
            HelpName = "PEERID|FILE",
        };
        Option<bool> untilInputEnds = new("--until-input-ends") { Description = "Stop when standard input ends, that is, with the program that started this one.", Hidden = true };
        Option<bool> lies = new("--lies") { Description = "Answer falsely when standard input says so: for whorl chaos.", Hidden = true };
        Command command = new("serve", "Hold some blocks of a model and compute with them for others, until Ctrl-C.")
        {
            model.Model, blocks, cache, noPrefixes, prefix, link, publicName, grace, operators, untilInputEnds, lies,
        };
        swarm.AddTo(command);
        logging.AddTo(command);
        model.AddOptionsTo(command);
        command.SetAction((result, cancellationToken) => UntilStopped.EndCleanlyAsync(async () =>
        {
            BlockRange? wanted = result.GetValue(blocks) is { } text ? BlockRange.Parse(text) : null;
            ModelPart part = wanted is { } some ? ModelPart.Blocks(some) : ModelPart.Whole;
            CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken); // the reading thread may outlive this method
            ILogger logger = logging.Read(result);
            IReadOnlySet<PeerId> permitted = Operators.Read(result.GetValue(operators));
            bool isDrained = false;

            LyingHost.Orders orders = new();
            if (result.GetValue(untilInputEnds))
            {
                StopAtEndOfInput(stop, result.GetValue(lies) ? orders : null);
            }

            // Before the model, which may have to be fetched: a port in use is told at once.
            await using Network network = await Network.StartAsync(swarm.Read(result) with { Logger = logger }, cancellationToken);
            ModelChoice choice = await model.ReadAsync(result, part, stop.Token);
            using ModelSource source = choice.OpenSource();
            BlockRange range = wanted ?? new BlockRange(0, source.Spec.Blocks.Count - 1);
            ModelPart.Require(range, source.Spec.Blocks.Count);
            MemoryBudget memory = new((long)result.GetValue(cache) << 20);
            using CpuBackend backend = new(choice.Options.Backend with { PageBytes = memory.Bytes, FreePageBytes = Math.Min(MostFreePageBytes, memory.Bytes) });
            using DecoderSpan span = await LanguageModel.LoadBlocksAsync(source, choice.Located.Name, choice.Options, range, backend, stop.Token);
            ServerThroughput throughput = ThroughputMeter.Measure(span, result.GetValue(link) * 1e6, TimeProvider.System);
            HostedSpan hosted = new(span, memory, network.Address, TimeProvider.System, new SessionLimits { KeepsPrefixes = !result.GetValue(noPrefixes) });
            await using MemoryTrimmer trimmer = new(TimeProvider.System, span.TrimMemory);
            await using SpanServer spans = new(hosted, logger)
            {
                Drain = peer =>
                {
                    if (permitted.Contains(peer))
                    {
                        Log.Drained(logger, peer);
                        Volatile.Write(ref isDrained, true);
                        ThreadPool.QueueUserWorkItem(static stop => stop.Cancel(), stop, preferLocal: false); // the peer is answered first
                        return true;
                    }

                    return false;
                },
            };
            spans.Listen(result.GetValue(lies) ? new LyingHost(network.Host, orders) : network.Host);
            PetalsServerOptions petals = new()
            {
                Prefix = result.GetValue(prefix) ?? SwarmSearch.DefaultPrefix(choice.Located, source.Family),
                PublicName = result.GetValue(publicName),
                QuantType = QuantType.Of(source, range),
            };
            await using PetalsServer server = new(network.Host, hosted, petals, TimeProvider.System, logger);
            await using Network serving = network; // closed before the blocks with which its calls compute
            network.ServeReachability();
            await network.JoinAsync(stop.Token);
            await using PetalsAnnouncer announcer = new(
                network.Dht!,
                petals.Prefix,
                range,
                new ModelInfo(source.Spec.Blocks.Count, choice.Located.IsOnHub ? "https://huggingface.co/" + choice.Located.Name : null),
                ServerState.Online,
                state => server.Describe(state, throughput, network.Host.IsReachedByRelayOnly),
                PetalsAnnouncer.DefaultPeriod,
                TimeProvider.System,
                new Random(),
                logger);
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{Ready}{network.Address}, blocks {range} of {source.Spec.Blocks.Count}, {span.WeightBytes / 1048576.0:F1} MiB of weights"));
            IReadOnlyList<Multiaddress> addresses = network.Multiaddresses;
            Whereabouts.Print(addresses, "others reach it at");
            Whereabouts.PrintCommand(addresses, $"whorl run {choice.Asked} --initial-peers");
            await UntilStopped.WaitAsync(logger, stop.Token);
            announcer.SetState(ServerState.Offline);
            // Where input has ended, who started it is gone, and nobody can ask again.
            bool isAsked = !result.GetValue(untilInputEnds) || cancellationToken.IsCancellationRequested || Volatile.Read(ref isDrained);
            DhtSwarmSource others = new(network.Dht!, petals.Prefix, source.Spec.Blocks.Count);
            MoveCosts costs = new(result.GetValue(link) * 1e6 / 8, throughput.ForwardRps);
            await UntilStopped.LeaveAsync(
                hosted.PeerSessions,
                (time, hurry) => spans.LeaveAsync(
                    network.Host, async (some, token) => Successors.Of(await others.LookAsync(token), some, network.Host.Id), costs, time, hurry),
                isAsked ? TimeSpan.FromSeconds(result.GetValue(grace)) : TimeSpan.Zero,
                logger);
        }));
        return command;
    }

    /// <summary>Reads standard input on a thread of its own: console reads block, whatever their names say, and cannot be cancelled.</summary>
    /// <param name="stop">Cancelled at its end.</param>
    /// <param name="orders">Told each byte that comes, and a line says so; null where what is written there means nothing.</param>
    private static void StopAtEndOfInput(CancellationTokenSource stop, LyingHost.Orders? orders) => new Thread(() =>
    {
        Stream input = Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[64];
        for (int read; (read = input.Read(buffer)) > 0;)
        {
            foreach (byte order in orders is null ? default : buffer[..read])
            {
                orders!.Tell(order);
                Console.Out.WriteLine(Told);
            }
        }

        stop.Cancel();
        using ManualResetEventSlim never = new();
        never.Wait(LongestFarewell); // the process ends before, unless something hangs
        Environment.Exit(0);
    })
    {
        IsBackground = true,
        Name = "end of input",
    }.Start();
}
