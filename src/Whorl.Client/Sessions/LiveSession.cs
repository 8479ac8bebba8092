using Whorl.Client.Links;
using Whorl.Client.Routing;
using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Client.Sessions;

/// <summary>
/// A session over links: each one's output is the next one's input. It can what all its links can. A step is taken by all of them or by none; where
/// one fails after others have computed, the session is lost and says so from then on.
/// </summary>
internal sealed class LiveSession : IBlockSession
{
    private readonly IReadOnlyList<SessionLink> _links;
    private readonly SpanAbilities[] _abilities;
    private readonly int _boundarySize;
    private readonly SwarmView? _view;
    private readonly bool[] _answered;
    private readonly BlockStep _step = new();
    private float[] _even = [];
    private float[] _odd = [];
    private SessionLostException? _lost;

    /// <param name="links">In the order of their blocks; disposed with the session.</param>
    /// <param name="boundarySize">Width of a row.</param>
    /// <param name="view">Is told how the servers do; null where nobody is.</param>
    public LiveSession(IReadOnlyList<SessionLink> links, int boundarySize, SwarmView? view = null)
    {
        (_links, _boundarySize, _view) = (links, boundarySize, view);
        _answered = new bool[links.Count];
        _abilities = [.. links.Select(l => Links.Abilities.Of(l.Session))];
        Abilities = _abilities.Aggregate(SpanAbilities.All, (all, one) => all & one);
        Holders = [.. links.SelectMany(l => l.Session.Holders)];
    }

    public IReadOnlyList<BlockHolder> Holders { get; }

    /// <summary>What all links can.</summary>
    public SpanAbilities Abilities { get; }

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        if (_lost is not null)
        {
            throw new SessionLostException(_lost.Server, _lost.Range, _lost.InnerException!);
        }

        Links.Abilities.Require(Abilities, step.Shape, Lacking);
        int length = step.Rows * _boundarySize, prompts = step.PromptRows * _boundarySize, done = 0;
        _step.Shape = step.Shape;
        _step.Input = step.Input;
        for (int i = 0; i < _links.Count; i++)
        {
            int blocks = _links[i].Blocks;
            _step.Output = step.EveryBlock ? step.Output.Slice(done * length, blocks * length)
                : i == _links.Count - 1 ? step.Output
                : Between(i, length);
            _step.Prompts = prompts > 0 ? step.Prompts.Slice(done * prompts, blocks * prompts) : default;
            await StepAsync(i, cancellationToken);
            _step.Input = step.Rows > 0 ? _step.Output[^length..] : default;
            done += blocks;
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_links.Select(l => l.Session.DisposeAsync().AsTask())); // each has a limit of its own

    private async ValueTask StepAsync(int link, CancellationToken cancellationToken)
    {
        (IBlockSession session, _, PeerId? server) = _links[link];
        try
        {
            await session.StepAsync(_step, cancellationToken);
        }
        catch (Exception e)
        {
            if (server is not null && Failures.IsOfServer(e) && e is not SpanRefusedException { IsTransient: false }) // of which the step is to blame
            {
                _view?.Failed(server);
            }

            BlockHolder holder = session.Holders[0];
            bool isUnchanged = e is ArgumentException or NotSupportedException or SpanRefusedException { Code: Protocol.SpanFailureCode.BadRequest };
            if (link > 0 || !isUnchanged)
            {
                _lost = e as SessionLostException ?? new SessionLostException(holder.Name, holder.Range, e);
            }

            if (link > 0 && isUnchanged)
            {
                throw _lost!; // those before it have computed the step: that nothing has changed would be untrue
            }

            throw;
        }

        if (server is not null && !_answered[link])
        {
            _answered[link] = true;
            _view?.Succeeded(server);
        }
    }

    private string Lacking(SpanAbilities missing) => "server " + ServerName.Short(
        _links.Where((_, i) => (_abilities[i] & missing) != missing).Select(l => l.Session.Holders[0].Name).FirstOrDefault() ?? "unknown");

    private Memory<float> Between(int link, int length)
    {
        ref float[] buffer = ref link % 2 == 0 ? ref _even : ref _odd;
        buffer = buffer.Length >= length ? buffer : GC.AllocateUninitializedArray<float>(length);
        return buffer.AsMemory(0, length);
    }
}
