using Whorl.P2P.Buffers;

namespace Whorl.Protocol.Rpc;

/// <summary>What calls of one kind on one connection may hold at the callee, all streams together.</summary>
internal sealed class RpcLane
{
    /// <summary>Requests, from when their length is known until the handler asks for the next one or ends.</summary>
    public ByteBudget Requests { get; } = new(RpcLimits.MaxRequestBytes);

    /// <summary>Unary answers, until the caller has taken them: the longest is reserved before a handler begins.</summary>
    public ByteBudget Answers { get; } = new(RpcLimits.MaxAnswerBytes);
}
