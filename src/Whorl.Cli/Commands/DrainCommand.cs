using System.CommandLine;
using Whorl.Client;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl drain</c>: ask a server to leave its swarm.</summary>
internal static class DrainCommand
{
    public static Command Create()
    {
        Argument<string> address = new("ADDRESS") { Description = "The server: HOST:PORT or /ip4/…/tcp/PORT/p2p/ID.", HelpName = "ADDRESS" };
        Option<string?> identity = new("--identity") { Description = "File with the operator's key, made if it is not there: serve --operator names its id.", HelpName = "FILE" };
        Command command = new(
            "drain",
            "Ask a server to leave its swarm: it takes no new sessions, hands those under way to others, and ends. It must have been started with --operator.")
        {
            address, identity,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            string server = result.GetValue(address)!;
            NetworkOptions options = NetworkOptions.Dialler with { IdentityFile = result.GetValue(identity) };
            await using Network network = await Network.StartAsync(options, cancellationToken);
            string? refusal;
            try
            {
                refusal = await ServerDrain.AskAsync(network.Host, Addresses.ParsePeer(server), TimeProvider.System, cancellationToken);
            }
            catch (FormatException e)
            {
                throw new CliException($"server {server} is no server of this version: {e.Message}");
            }

            Console.Out.WriteLine(refusal is null ? $"server {server} leaves" : throw new CliException($"server {server} refuses: {refusal}"));
        });
        return command;
    }
}
