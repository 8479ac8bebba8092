using Whorl.Client.Links;
using Whorl.Client.Sessions;
using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>Blocks of which it is known who else may compute a part of a session; hears how they do.</summary>
internal interface ILinkSource : IBlockSpan
{
    /// <summary>The clock.</summary>
    TimeProvider Time { get; }

    /// <summary>What sessions do when a server is gone.</summary>
    RecoveryOptions Recovery { get; }

    /// <summary>A holder has failed: it is passed over for a while.</summary>
    void Failed(object holder);

    /// <summary>It has answered.</summary>
    void Succeeded(object holder);

    /// <summary>It has computed a step, and says how long that took.</summary>
    void Measured(object holder, int rows, int blocks, TimeSpan computing);

    /// <summary>Opens sessions that together compute some blocks, once: whether to try again decides the caller.</summary>
    /// <param name="options">Which blocks, and how long.</param>
    /// <param name="without">Holders that are not to be taken.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>In the order of their blocks.</returns>
    /// <exception cref="NoRouteException">
    /// Nobody else holds some block, or those who do not answer or refuse; a refusal is the inner exception.
    /// </exception>
    Task<IReadOnlyList<SessionLink>> OpenLinksAsync(
        BlockSessionOptions options, IReadOnlySet<object> without, CancellationToken cancellationToken);

    /// <summary>Takes up a session where a server that leaves says that it is.</summary>
    /// <param name="range">Its blocks.</param>
    /// <param name="moved">Where it is.</param>
    /// <param name="without">Holders that are not to be taken.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where that is nobody who may compute the blocks.</returns>
    /// <exception cref="IOException">Whoever should have it does not answer.</exception>
    /// <exception cref="SpanRefusedException">It has it not.</exception>
    Task<SessionLink?> FollowAsync(BlockRange range, SessionMovedException moved, IReadOnlySet<object> without, CancellationToken cancellationToken);
}
