using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What works on each position alone in a block.</summary>
internal interface IFeedForward : IDisposable
{
    /// <summary>The layer's output, <c>[rows, hidden]</c>, with the residual added last where one is given.</summary>
    Tensor Forward(IBackend backend, Tensor x, Tensor? residual);
}
