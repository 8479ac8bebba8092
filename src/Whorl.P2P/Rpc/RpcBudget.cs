namespace Whorl.P2P.Rpc;

/// <summary>What the calls of one connection may hold at the callee.</summary>
internal sealed class RpcBudget
{
    /// <summary>Calls that may take long.</summary>
    public RpcLane Slow { get; } = new();

    /// <summary>Calls that are answered at once, and whose callers wait for a few seconds only: never behind a slow one.</summary>
    public RpcLane Quick { get; } = new();
}
