using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What works on each position alone in a block.</summary>
internal interface IFeedForward
{
    /// <summary>Elements of the state that it keeps of a session, the block's last; 0 for none.</summary>
    int StateSize { get; }

    /// <summary>The layer's output, <c>[rows, hidden]</c>, with the residual added last where one is given.</summary>
    Tensor Forward(BlockContext context, Tensor x, Tensor? residual);
}
