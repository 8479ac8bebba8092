using Whorl.Client.Sessions;
using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>Knows who else may compute a part of a session, and hears how they do.</summary>
internal interface ILinkSource
{
    /// <summary>The clock.</summary>
    TimeProvider Time { get; }

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
    /// <exception cref="NoRouteException">Nobody else holds some block.</exception>
    /// <exception cref="IOException">Those who hold it do not answer.</exception>
    /// <exception cref="SpanRefusedException">They refuse.</exception>
    Task<IReadOnlyList<SessionLink>> OpenAsync(BlockSessionOptions options, IReadOnlySet<object> without, CancellationToken cancellationToken);
}
