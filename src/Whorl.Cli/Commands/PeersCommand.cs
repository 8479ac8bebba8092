using System.CommandLine;
using Whorl.Cli.Arguments;
using Whorl.Cli.Output;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl peers</c>: who is in a swarm, what they hold, and how far away they are.</summary>
internal static class PeersCommand
{
    public static Command Create()
    {
        NetworkArguments swarm = new(listen: null);
        Option<bool> json = new("--json") { Description = "Print one JSON object, and nothing else." };
        Command command = new(
            "peers", "Show the servers of a swarm: what they hold, how they are reached, how far away they are, and which blocks are missing.") { json };
        swarm.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            NetworkOptions options = swarm.Read(result);
            if (!options.FindsASwarm)
            {
                throw new CliException("give --initial-peers: nodes that are in the swarm; or --lan, to find them in this network");
            }

            await using Network network = await Network.StartAsync(options, cancellationToken);
            IReadOnlyList<SwarmModel> models = await SwarmModel.FindAllAsync(network, cancellationToken);
            if (result.GetValue(json))
            {
                ResultWriter.Print(PeersWriter.ToJson(models));
            }
            else
            {
                PeersWriter.Show(models);
            }
        });
        return command;
    }
}
