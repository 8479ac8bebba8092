namespace Whorl.P2P;

/// <summary>The part a node plays in <c>/ipfs/kad/1.0.0</c>.</summary>
public enum KadMode
{
    /// <summary>None: peers are dialled by the addresses given.</summary>
    Off,

    /// <summary>Asks others.</summary>
    Client,

    /// <summary>Asks others and answers them: for nodes that can be dialled.</summary>
    Server,
}
