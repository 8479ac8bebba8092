using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What mixes information between positions in a block.</summary>
internal interface IMixer
{
    /// <summary>Makes an empty cache of a session.</summary>
    /// <param name="backend">Who computes.</param>
    /// <param name="capacity">Slots: the most tokens, scratch included.</param>
    BlockCache CreateCache(IBackend backend, int capacity);

    /// <summary>The layer's output, <c>[rows, hidden]</c>, with the residual added last where one is given.</summary>
    Tensor Forward(BlockContext context, Tensor x, Tensor? residual);
}
