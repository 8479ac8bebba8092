using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Client.Routing;

/// <summary>A session on a server that tells how the server does.</summary>
/// <param name="session">The session.</param>
/// <param name="server">The server.</param>
/// <param name="view">Is told.</param>
internal sealed class WatchedSession(IBlockSession session, PeerId server, SwarmView view) : IBlockSession
{
    private bool _answered;

    public IReadOnlyList<BlockHolder> Holders => session.Holders;

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        try
        {
            await session.StepAsync(step, cancellationToken);
        }
        catch (Exception e) when (Failures.IsOfServer(e) && e is not SpanRefusedException { IsTransient: false }) // of which the step is to blame
        {
            view.Failed(server);
            throw;
        }

        if (!_answered)
        {
            _answered = true;
            view.Succeeded(server);
        }
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
