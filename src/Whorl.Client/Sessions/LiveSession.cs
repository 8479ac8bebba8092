using System.Runtime.ExceptionServices;
using Whorl.Client.Links;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Models;
using Whorl.Protocol;

namespace Whorl.Client.Sessions;

/// <summary>
/// A session over links: each one's output is the next one's input. It can what all its links can. A step is taken by all of them or by none. A link that
/// is lost is replaced, and what had entered it is computed again by whoever takes its place; where nobody does, the session is lost and says so
/// from then on.
/// </summary>
internal sealed partial class LiveSession : IBlockSession, IRecoverable, IAble
{
    /// <summary>Replacements of one part in one step: a step that so many servers cannot take is itself what is wrong.</summary>
    private const int MostReplacements = 16;

    private readonly List<SessionPart> _parts;
    private readonly List<SessionRecovery> _recoveries = [];
    private readonly BlockSessionOptions _options;
    private readonly ILinkSource? _source;
    private readonly LinkReplacer? _replacer;
    private readonly LogMemory _memory;
    private readonly StepCarrier _carrier;
    private readonly Replay _replay;
    private readonly Hedge? _hedge;
    private readonly int _boundarySize;
    private readonly bool _isRounded;
    private IReadOnlyList<BlockHolder> _holders;
    private SessionLostException? _lost;
    private bool _isLinked; // as far as the servers can be

    /// <param name="links">In the order of their blocks; disposed with the session.</param>
    /// <param name="boundarySize">Width of a row.</param>
    /// <param name="contract">What decides the bytes.</param>
    /// <param name="options">As the links were opened with, for all of their blocks.</param>
    public LiveSession(IReadOnlyList<SessionLink> links, int boundarySize, SpanContract contract, BlockSessionOptions options)
        : this(links, boundarySize, contract, options, null, null)
    {
        // Nobody else takes a part: a lost link loses the session.
    }

    private LiveSession(
        IReadOnlyList<SessionLink> links,
        int boundarySize,
        SpanContract contract,
        BlockSessionOptions options,
        ILinkSource? source,
        LinkReplacer? replacer)
    {
        (_options, _source, _replacer) = (options, source, replacer);
        (_boundarySize, _isRounded) = (boundarySize, contract.Boundary == BoundaryFormat.BF16);
        _memory = new LogMemory(source?.Recovery.MaxLogBytes ?? 0);
        (_carrier, _replay) = (new StepCarrier(boundarySize), new Replay(boundarySize));
        _hedge = source is null ? null : new Hedge(source.Time, PrepareAsync);
        _parts = [.. links.Select(link => new SessionPart(link, NewLog(link)))];
        Abilities = _parts.Aggregate(SpanAbilities.All, (all, part) => all & part.Abilities);
        _holders = HoldersNow();
    }

    /// <summary>Opens a session whose parts are replaced when they are lost.</summary>
    /// <param name="source">Who computes.</param>
    /// <param name="options">Which blocks, and how long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NoRouteException">Some block is computed by nobody, nor was within the time that is waited.</exception>
    /// <exception cref="SpanRefusedException">Whoever holds some of the blocks refuses the session.</exception>
    public static async ValueTask<IBlockSession> OpenAsync(
        ILinkSource source, BlockSessionOptions options, CancellationToken cancellationToken)
    {
        LinkReplacer replacer = new(source);
        IReadOnlyList<SessionLink> links = await replacer.OpenAsync(options, cancellationToken);
        return new LiveSession(links, source.BoundarySize, source.Contract, options, source, replacer);
    }

    public IReadOnlyList<BlockHolder> Holders => _holders;

    /// <inheritdoc/>
    public IReadOnlyList<SessionRecovery> Recoveries => _recoveries;

    /// <summary>What all links can, and what every link that takes another's place must.</summary>
    public SpanAbilities Abilities { get; }

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        if (_lost is not null)
        {
            throw new SessionLostException(_lost.Server, _lost.Range, _lost.InnerException!);
        }

        Links.Abilities.Require(Abilities, step.Shape, Lacking);
        if (!_isLinked && WhorlLink.IsPushed(step))
        {
            await LinkAsync(cancellationToken);
            _isLinked = true;
        }

        _carrier.Begin(step);
        for (int i = 0; i < _parts.Count; i++)
        {
            await StepAsync(i, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_hedge?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Task.WhenAll(_parts.Select(part => part.DisposeAsync().AsTask())); // each has a limit of its own
        _parts.ForEach(part => part.Log?.Dispose());
    }

    /// <summary>One link's part of a step, by whoever computes it in the end.</summary>
    private async ValueTask StepAsync(int index, CancellationToken cancellationToken)
    {
        HashSet<object>? failed = null;
        (object Holder, SpanRefusedException Why)? refused = null;
        long gone = 0;
        await LeaveWhoLeavesAsync(index, cancellationToken);
        for (int replaced = 0; ; replaced++)
        {
            SessionPart part = _parts[index];
            long start = Now();
            try
            {
                _carrier.Prepare(part.Range.Count, isLast: index == _parts.Count - 1);
                await SendAsync(index, _hedge?.Begin(part, _carrier.Step, cancellationToken) ?? cancellationToken);
                await (_hedge?.AnsweredAsync() ?? ValueTask.CompletedTask);
            }
            catch (Exception e)
            {
                if (e is BadAnswerException)
                {
                    GiveUpFed(index);
                }

                if (_hedge is not null && await _hedge.FailedAsync(cancellationToken) is { } answered)
                {
                    await TakePlaceAsync(index, answered, e);
                    part = _parts[index];
                }
                else if (part.Log is not null && replaced < MostReplacements && IsRecoverable(e))
                {
                    gone = failed is null ? Now() : gone;
                    failed = await ReplaceAsync(index, e, failed ?? [], start, gone, cancellationToken);
                    continue;
                }
                else if (refused is null && part.Log is not null && e is SpanRefusedException why
                    && await TryLeaveAsync(index, start, cancellationToken))
                {
                    refused = (part.Link.Holder!, why);
                    continue;
                }
                else
                {
                    ExceptionDispatchInfo.Throw(Fail(index, e));
                }
            }

            part.Accept(_carrier.Step);
            _carrier.Accept(part.Range.Count);
            Succeeded(part);
            if (refused is { } wrong)
            {
                _replacer!.Failed(wrong.Holder, wrong.Why); // another one has taken what it refused
            }

            return;
        }
    }

    /// <summary>Whether somebody else may take the step: the server is gone, silent, out of memory, or answers nonsense.</summary>
    private static bool IsRecoverable(Exception exception) =>
        Failures.IsOfServer(exception) && exception is not SpanRefusedException { Code: SpanFailureCode.BadRequest or SpanFailureCode.Unknown };

    /// <summary>Notes a failure for which nobody stands in.</summary>
    private Exception Fail(int index, Exception failure)
    {
        SessionPart part = _parts[index];
        if (part.Link.Holder is { } holder && Failures.IsOfServer(failure) && failure is not SpanRefusedException { IsTransient: false }) // of which the step is to blame
        {
            _source?.Failed(holder);
        }

        BlockHolder named = part.Session.Holders[0];
        bool isUnchanged = failure is ArgumentException or NotSupportedException or SpanRefusedException { Code: SpanFailureCode.BadRequest };
        if (index > 0 || !isUnchanged)
        {
            _lost = failure as SessionLostException ?? new SessionLostException(named.Name, named.Range, failure);
        }

        return index > 0 && isUnchanged ? _lost! : failure; // those before it have computed the step: that nothing has changed would be untrue
    }

    private void Succeeded(SessionPart part)
    {
        if (part.TakeAttachPause() is { } pause)
        {
            BlockHolder named = part.Session.Holders[0];
            _recoveries.Add(new SessionRecovery(named.Name, part.Range, RecoveryKind.Attach, pause, TimeSpan.Zero, 0));
        }

        if (!part.HasAnswered && part.Link.Holder is { } answering)
        {
            _source?.Succeeded(answering);
        }

        part.HasAnswered = true;
        if (part.Link.Holder is { } holder && _carrier.Step.Rows > 0 && part.TakeComputing() is { Ticks: > 0 } computing)
        {
            _source?.Measured(holder, _carrier.Step.Rows, part.Range.Count, computing);
        }
    }

    private BoundaryLog? NewLog(SessionLink link) =>
        _source is null || link.Holder is null ? null : new BoundaryLog(_boundarySize, link.Range.Count, _isRounded, _memory);

    private IReadOnlyList<BlockHolder> HoldersNow() => [.. _parts.SelectMany(part => part.Session.Holders)];

    private long Now() => _source?.Time.GetTimestamp() ?? 0;

    private string Lacking(SpanAbilities missing) => "server " + ServerName.Short(
        _parts.Where(part => (part.Abilities & missing) != missing).Select(part => part.Session.Holders[0].Name).FirstOrDefault() ?? "unknown");
}
