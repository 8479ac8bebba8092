using System.CommandLine;
using Whorl.Cli.Arguments;
using Whorl.Cli.Output;
using Whorl.P2P;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl dht</c>: a node that introduces others to each other and relays for those behind a NAT.</summary>
internal static class DhtCommand
{
    /// <summary>As Petals' bootstrap nodes have it.</summary>
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        NetworkArguments swarm = new(listen: ":31337");
        LogArguments log = new();
        Command command = new("dht", "Run a bootstrap and relay node for a swarm, until Ctrl-C. It holds no model.");
        swarm.AddTo(command);
        log.AddTo(command);
        command.SetAction((result, cancellationToken) => UntilStopped.EndCleanlyAsync(async () =>
        {
            NetworkOptions options = swarm.Read(result) with { IsRelay = true, RefreshPeriod = RefreshPeriod, Logger = log.Read(result) };
            await using Network network = await Network.StartAsync(options, cancellationToken);
            network.ServeReachability();
            await network.JoinAsync(cancellationToken);
            IReadOnlyList<Multiaddress> addresses = network.Multiaddresses;
            Whereabouts.Print(addresses, "others join with --initial-peers");
            Whereabouts.PrintCommand(addresses, "whorl serve MODEL --initial-peers");
            await UntilStopped.WaitAsync(options.Logger, cancellationToken);
        }));
        return command;
    }
}
