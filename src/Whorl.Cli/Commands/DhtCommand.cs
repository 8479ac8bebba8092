using System.CommandLine;
using Whorl.Cli.Arguments;
using Whorl.Cli.Engine;
using Whorl.P2P;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl dht</c>: a node that introduces others to each other and relays for those behind a NAT.</summary>
internal static class DhtCommand
{
    /// <summary>As Petals' bootstrap nodes have it.</summary>
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        NetworkArguments swarm = new(listen: "127.0.0.1:0");
        Command command = new("dht", "Run a bootstrap and relay node for a swarm, until Ctrl-C. It holds no model.");
        swarm.AddTo(command);
        command.SetAction((result, cancellationToken) => UntilStopped.EndCleanlyAsync(async () =>
        {
            NetworkOptions options = swarm.Read(result) with { IsRelay = true, RefreshPeriod = RefreshPeriod };
            await using Network network = await Network.StartAsync(options, cancellationToken);
            await network.ServeReachabilityAsync();
            await network.JoinAsync(cancellationToken);
            foreach (Multiaddress address in network.Multiaddresses)
            {
                Console.Out.WriteLine($"others join with --initial-peers {address}");
            }

            await UntilStopped.WaitAsync(cancellationToken);
        }));
        return command;
    }
}
