using System.CommandLine;
using Whorl.Cli.Engine;

namespace Whorl.Cli.Arguments;

/// <summary>Whether the blocks are computed here, by servers that are named, or by servers that the swarm has.</summary>
internal sealed class RemoteArguments
{
    private readonly Option<string?> _servers = new("--servers")
    {
        Description = "Servers that hold the blocks, in any order: HOST:PORT,HOST:PORT, or multiaddresses.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<string?> _prefix = PrefixOption();
    private readonly Option<int> _wait = new("--wait")
    {
        Description = "How long a text waits for a server, where nobody holds some of its blocks any more. Default: 60.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<bool> _serversOnly = new("--servers-only")
    {
        Description = "Never compute blocks here whose servers are gone, even where the files and the room are.",
    };

    private readonly Option<string?> _prefixKey = new("--prefix-key")
    {
        Description = "Servers may take what they have computed of a prompt's beginning for all who give the same KEY, who can tell by the time it takes. "
            + "Default: only for this node, where it has an --identity that stays.",
        HelpName = "KEY",
    };

    private readonly NetworkArguments _swarm = new(listen: null);

    public RemoteArguments()
    {
        Check.Addresses(_servers, Addresses.ParsePeer);
        Check.Whole(_wait, 0, 86_400);
    }

    /// <summary>The option that says what a model is called in the swarm.</summary>
    public static Option<string?> PrefixOption() => new("--dht-prefix")
    {
        Description = "What the model is called in the swarm. Default: its file's or folder's name; of a model on the hub, what Petals calls it.",
        HelpName = "NAME",
    };

    public void AddTo(Command command)
    {
        command.Add(_servers);
        _swarm.AddTo(command);
        command.Add(_prefix);
        command.Add(_wait);
        command.Add(_serversOnly);
        command.Add(_prefixKey);
    }

    /// <summary>What of the model is needed here: where others compute the blocks, only the rest.</summary>
    public ModelPart Part(ParseResult result) =>
        Servers(result).Length == 0 && !_swarm.Read(result).FindsASwarm ? ModelPart.Whole : ModelPart.Ends;

    /// <summary>The model with its blocks here, on the servers named, or wherever the swarm has them.</summary>
    public Task<LanguageModel> OpenAsync(ModelChoice model, ParseResult result, CancellationToken cancellationToken)
    {
        NetworkOptions swarm = _swarm.Read(result) with
        {
            Wait = TimeSpan.FromSeconds(result.GetValue(_wait)),
            PrefixKey = result.GetValue(_prefixKey),
            ComputesLostBlocks = !result.GetValue(_serversOnly),
        };
        string[] servers = Servers(result);
        return servers.Length == 0 && !swarm.FindsASwarm
            ? LanguageModel.LoadAsync(model.Located, model.Options, cancellationToken)
            : LanguageModel.ConnectAsync(model.Located, model.Options, servers, swarm, result.GetValue(_prefix), cancellationToken);
    }

    private string[] Servers(ParseResult result) => Addresses.Split(result.GetValue(_servers));
}
