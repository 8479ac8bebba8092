using Whorl.P2P;

namespace Whorl.Client;

/// <summary>What servers are called in messages.</summary>
public static class ServerName
{
    /// <summary>The end of a peer id, which is where ids differ; any other name as it is, its end of a peer id shortened likewise.</summary>
    public static string Short(string name)
    {
        int id = name.LastIndexOf('/') + 1;
        return PeerId.TryParse(id == 0 ? name : name.Substring(id), out _) ? string.Concat(name.AsSpan(0, id), PeerId.Shorten(name.AsSpan(id))) : name;
    }
}
