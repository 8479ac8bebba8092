using Whorl.Protocol.Rpc;
using Whorl.Tensors;

namespace Whorl.Server.Petals;

/// <summary>What requests to a span must fit.</summary>
/// <param name="BoundarySize">Width of a hidden state.</param>
/// <param name="Type">The type that hidden states have between blocks, and in answers.</param>
/// <param name="MaxBatchTokens">The most tokens of a request, over all sequences.</param>
internal sealed record SpanShape(int BoundarySize, ElementType Type, int MaxBatchTokens)
{
    private const long MaxMessageBytes = 1 << 30;

    /// <summary>The longest message of rpc_inference: it carries a whole step, whose hidden states, and deep prompts of as many values, may be float32.</summary>
    public int MaxStepBytes => (int)Math.Min(MaxMessageBytes, RpcLimits.MaxFrameBytes + (2L * MaxBatchTokens * BoundarySize * sizeof(float)));
}
