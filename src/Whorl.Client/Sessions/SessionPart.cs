using Whorl.Client.Links;
using Whorl.Client.Recovery;
using Whorl.Models;

namespace Whorl.Client.Sessions;

/// <summary>A link of a live session, and what has entered it.</summary>
/// <param name="link">The link; disposed by whoever has the part.</param>
/// <param name="log">What has entered it; null where nothing can be lost.</param>
internal sealed class SessionPart(SessionLink link, BoundaryLog? log) : IAsyncDisposable
{
    private BoundaryLog? _log = log;
    private TimeSpan _computing;
    private int _attached;
    private bool _isDisposed;

    public SessionLink Link => link;

    public IBlockSession Session => link.Session;

    public BlockRange Range => link.Range;

    /// <summary>What has entered it; null where nothing can be lost, or there was no room to remember it.</summary>
    public BoundaryLog? Log => _log;

    /// <summary>What it can do.</summary>
    public SpanAbilities Abilities { get; } = Links.Abilities.Of(link.Session);

    /// <summary>How long its steps have taken.</summary>
    public StepTimes Times { get; } = new();

    /// <summary>Whether it has taken a step.</summary>
    public bool HasAnswered { get; set; }

    /// <summary>Whether others were looked for since its server leaves.</summary>
    public bool HasTriedOthers { get; set; }

    /// <summary>The link has taken a step.</summary>
    public void Accept(BlockStep step)
    {
        try
        {
            _log?.Accept(step);
        }
        catch (IOException)
        {
            _log?.Dispose(); // the disk is full: from now on the link is one that cannot be replaced
            _log = null;
        }
    }

    /// <summary>Closes links that were to take another one's place, and their logs but the first one's, which is the other's.</summary>
    public static async Task CloseAsync(IReadOnlyList<SessionPart> parts)
    {
        await Task.WhenAll(parts.Select(part => part.DisposeAsync().AsTask()));
        foreach (SessionPart part in parts.Skip(1))
        {
            part.Log?.Dispose();
        }
    }

    /// <summary>Closes the link; the log goes on with whoever takes its place.</summary>
    public ValueTask DisposeAsync()
    {
        bool isOpen = !_isDisposed;
        _isDisposed = true;
        return isOpen ? link.Session.DisposeAsync() : ValueTask.CompletedTask;
    }

    /// <summary>How long the holder says that it has computed since this was last asked for.</summary>
    public TimeSpan TakeComputing()
    {
        TimeSpan before = _computing;
        _computing = link.Session.Holders[0].Computing;
        return _computing - before;
    }

    /// <summary>The pause since this was last asked for in which the link went on over another connection; null where it did not.</summary>
    public TimeSpan? TakeAttachPause()
    {
        if (link.Session is not ILink { Attached: var attached } || attached.Times == _attached)
        {
            return null;
        }

        _attached = attached.Times;
        return attached.LastPause;
    }
}
