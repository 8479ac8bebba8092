using System.Runtime.CompilerServices;
using Whorl.P2P;

namespace Whorl.Protocol.Rpc;

/// <summary>What the calls of one connection may hold at the callee.</summary>
internal sealed class RpcBudget
{
    private static readonly ConditionalWeakTable<object, RpcBudget> OfConnections = [];

    /// <summary>Calls that may take long.</summary>
    public RpcLane Slow { get; } = new();

    /// <summary>Calls that are answered at once, and whose callers wait for a few seconds only: never behind a slow one.</summary>
    public RpcLane Quick { get; } = new();

    /// <summary>Malformed requests.</summary>
    public FaultAllowance Faults { get; } = new();

    /// <summary>What the call on a stream may hold, together with those on all streams of its connection.</summary>
    public static RpcBudget Of(PeerStream stream) => OfConnections.GetOrCreateValue(stream.ConnectionKey);
}
