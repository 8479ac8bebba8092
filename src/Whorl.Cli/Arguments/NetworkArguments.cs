using System.CommandLine;

namespace Whorl.Cli.Arguments;

/// <summary>How a command takes part in the network.</summary>
internal sealed class NetworkArguments
{
    private readonly Option<string?> _initialPeers = new("--initial-peers")
    {
        Description = "Nodes that are in the swarm already, separated by commas: HOST:PORT or /ip4/…/tcp/PORT/p2p/ID.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<string?> _identity = new("--identity")
    {
        Description = "File with this node's key, made if it is not there. Default: a new key each time.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _announce = new("--announce")
    {
        Description = "What others are told to dial, separated by commas: HOST:PORT or /dns4/…/tcp/PORT. Default: what is listened on.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<string?> _relay = new("--relay")
    {
        Description = "Relays through which this node can be reached from behind a NAT, separated by commas.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<bool> _lan = new("--lan")
    {
        Description = "Find the swarm of this local network by mDNS, without --initial-peers; where this node listens, let others find it so too.",
    };

    private readonly Option<bool> _forgets = new("--no-peer-memory")
    {
        Description = "Do not write down which nodes of the swarm were seen, nor ask those when none of the initial peers is there.",
    };

    private readonly Option<string>? _listen;

    /// <param name="listen">Where it listens by default; null for a node that only dials.</param>
    public NetworkArguments(string? listen)
    {
        Check.Addresses(_initialPeers, Addresses.ParsePeer);
        Check.Addresses(_announce, Addresses.ParseAnnounced);
        Check.Addresses(_relay, Addresses.ParsePeer);
        if (listen is not null)
        {
            _listen = new Option<string>("--listen")
            {
                Description = "Where to listen, separated by commas: HOST:PORT, or :PORT for all interfaces, by IPv4 and IPv6; port 0 takes a free one. "
                    + $"127.0.0.1:PORT lets in this machine only. Default: {listen}, that is, all interfaces.",
                DefaultValueFactory = _ => listen,
                HelpName = "ADDRESSES",
            };
            Check.Addresses(_listen, Addresses.ParseListen);
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
        command.Add(_lan);
        command.Add(_forgets);
        command.Add(_identity);
    }

    public NetworkOptions Read(ParseResult result) => new()
    {
        FindsLocalPeers = result.GetValue(_lan),
        RemembersPeers = !result.GetValue(_forgets),
        MayListenElsewhere = _listen is not null && result.GetResult(_listen) is null or { Implicit: true },
        IdentityFile = result.GetValue(_identity),
        InitialPeers = [.. Addresses.Split(result.GetValue(_initialPeers)).Select(Addresses.ParsePeer)],
        Listen = _listen is null ? [] : [.. Addresses.Split(result.GetValue(_listen)).Select(Addresses.ParseListen)],
        ListensByIPv6Too = _listen is not null && Addresses.Split(result.GetValue(_listen)).Any(Addresses.IsEveryInterface),
        Announce = _listen is null ? [] : [.. Addresses.Split(result.GetValue(_announce)).Select(Addresses.ParseAnnounced)],
        Relays = _listen is null ? [] : [.. Addresses.Split(result.GetValue(_relay)).Select(Addresses.ParsePeer)],
    };
}
