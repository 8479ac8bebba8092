using System.CommandLine;
using Whorl.Cli.Engine;

namespace Whorl.Cli.Arguments;

/// <summary>How a command takes part in the network.</summary>
internal sealed class NetworkArguments
{
    /// <summary>What options of addresses take, for people.</summary>
    public const string Addresses = "addresses, separated by commas";

    private readonly Option<string?> _initialPeers = new("--initial-peers")
    {
        Description = "Nodes that are in the swarm already, separated by commas: /ip4/…/tcp/PORT/p2p/ID.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<string?> _identity = new("--identity")
    {
        Description = "File with this node's key, made if it is not there. Default: a new key each time.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _announce = new("--announce")
    {
        Description = "What others are told to dial, separated by commas. Default: what is listened on.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<string?> _relay = new("--relay")
    {
        Description = "Relays through which this node can be reached from behind a NAT, separated by commas.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<string>? _listen;

    /// <param name="listen">Where it listens by default; null for a node that only dials.</param>
    public NetworkArguments(string? listen)
    {
        Check.Filled(_initialPeers, Addresses);
        if (listen is not null)
        {
            _listen = new Option<string>("--listen")
            {
                Description = "Where to listen, separated by commas: 127.0.0.1:PORT or /ip4/0.0.0.0/tcp/PORT; port 0 takes a free one.",
                DefaultValueFactory = _ => listen,
                HelpName = "ADDRESSES",
            };
            Check.Filled(_listen, Addresses);
        }
    }

    public void AddTo(Command command)
    {
        if (_listen is not null)
        {
            command.Add(_listen);
            command.Add(_announce);
            command.Add(_relay);
        }

        command.Add(_initialPeers);
        command.Add(_identity);
    }

    public NetworkOptions Read(ParseResult result) => new()
    {
        IdentityFile = result.GetValue(_identity),
        InitialPeers = [.. Split(result.GetValue(_initialPeers)).Select(Network.ParsePeer)],
        Listen = _listen is null ? [] : [.. Split(result.GetValue(_listen)).Select(Network.ParseAddress)],
        Announce = _listen is null ? [] : [.. Split(result.GetValue(_announce)).Select(Network.ParseAddress)],
        Relays = _listen is null ? [] : [.. Split(result.GetValue(_relay)).Select(Network.ParsePeer)],
    };

    private static string[] Split(string? list) =>
        list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
