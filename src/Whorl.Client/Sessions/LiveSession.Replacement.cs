using Whorl.Client.Links;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Models;
using Whorl.Protocol;

namespace Whorl.Client.Sessions;

/// <content>Others in the place of a link that is lost, refuses, or is slow.</content>
internal sealed partial class LiveSession
{
    /// <summary>Puts others in a link's place and computes there what had entered it. Where they fail in turn, still others.</summary>
    /// <param name="index">The link.</param>
    /// <param name="why">By what it failed.</param>
    /// <param name="failed">Who has failed in this step; grows.</param>
    /// <param name="start">When the step was sent to the link.</param>
    /// <param name="began">When the first failed.</param>
    /// <param name="cancellationToken">Gives up; the session is then lost.</param>
    /// <returns><paramref name="failed"/>.</returns>
    private async Task<HashSet<object>> ReplaceAsync(
        int index, Exception why, HashSet<object> failed, long start, long began, CancellationToken cancellationToken)
    {
        SessionPart lost = _parts[index];
        BlockHolder holder = lost.Session.Holders[0];
        object? gone = lost.Link.Holder;
        await lost.DisposeAsync();
        Note(gone, why);
        if (SessionMovedException.In(why) is { } moved && await TryFollowAsync(index, moved, start, cancellationToken))
        {
            return failed;
        }

        for (int tried = 0; ; tried++)
        {
            IReadOnlyList<SessionLink>? links;
            try
            {
                links = await _replacer!.ReplaceAsync(_options with { Range = lost.Range }, failed, why, began, cancellationToken);
            }
            catch (Exception e)
            {
                _lost = new SessionLostException(holder.Name, holder.Range, e is OperationCanceledException ? why : e);
                throw e is NoRouteException ? _lost : e;
            }

            if (links is null)
            {
                throw Fail(index, why);
            }

            object? failing = null;
            try
            {
                await TakePlaceAsync(index, links, gone, start, who => failing = who, cancellationToken);
                return failed;
            }
            catch (Exception e)
            {
                if (tried == MostReplacements || !Failures.IsOfServer(e))
                {
                    _lost = new SessionLostException(holder.Name, holder.Range, e is OperationCanceledException ? why : e);
                    throw Failures.IsOfServer(e) ? _lost : e;
                }

                why = e;
                Note(failing, e);
            }
        }

        void Note(object? who, Exception failure)
        {
            _replacer!.Failed(who, failure);
            if (who is not null)
            {
                failed.Add(who);
            }
        }
    }

    /// <summary>Goes on where a server that leaves has handed the session to.</summary>
    /// <returns>Whether it is there; else nothing has changed.</returns>
    private async Task<bool> TryFollowAsync(int index, SessionMovedException moved, long start, CancellationToken cancellationToken)
    {
        SessionPart lost = _parts[index];
        if (await _replacer!.FollowAsync(lost.Range, moved, cancellationToken) is not { } link)
        {
            return false;
        }

        SessionPart[] parts = PartsOf([link], lost);
        if ((parts[0].Abilities & Needed) != Needed)
        {
            await SessionPart.CloseAsync(parts);
            return false;
        }

        Put(index, parts, RecoveryKind.Moved, _source!.Time.GetElapsedTime(start), TimeSpan.Zero, 0);
        return true;
    }

    /// <summary>Has others compute a part whose server has said that it leaves, where there are any; else it is used until it is gone.</summary>
    private async ValueTask LeaveWhoLeavesAsync(int index, CancellationToken cancellationToken)
    {
        SessionPart part = _parts[index];
        if (part.Session is not WhorlLink { IsLeaving: true } || part.HasTriedOthers || part.Log is null)
        {
            return;
        }

        part.HasTriedOthers = true;
        if (await TryLeaveAsync(index, Now(), cancellationToken))
        {
            _replacer!.Failed(part.Link.Holder, new IOException("it leaves"));
        }
    }

    /// <summary>
    /// Puts others in the place of a link whose server refuses a step as wrong, though it may be the server that is: where they take it, it
    /// was.
    /// </summary>
    /// <returns>Whether there are others, and they have computed what had entered; else nothing has changed.</returns>
    private async Task<bool> TryLeaveAsync(int index, long start, CancellationToken cancellationToken)
    {
        SessionPart refusing = _parts[index];
        BlockSessionOptions options = _options with { Range = refusing.Range };
        if (await _replacer!.TryOthersAsync(options, refusing.Link.Holder!, cancellationToken) is not { } links)
        {
            return false;
        }

        try
        {
            await TakePlaceAsync(index, links, refusing.Link.Holder, start, _ => { }, cancellationToken);
        }
        catch (Exception e) when (Failures.IsOfServer(e))
        {
            return false;
        }

        await refusing.DisposeAsync();
        return true;
    }

    /// <summary>Computes in other links what had entered one, and puts them in its place; they are closed where they cannot.</summary>
    /// <param name="index">The link, which is not closed here.</param>
    /// <param name="links">In the order of their blocks.</param>
    /// <param name="gone">Who held it.</param>
    /// <param name="start">When the step was sent to it.</param>
    /// <param name="asking">Told which holder is asked next.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task TakePlaceAsync(
        int index, IReadOnlyList<SessionLink> links, object? gone, long start, Action<object?> asking, CancellationToken cancellationToken)
    {
        SessionPart lost = _parts[index];
        SessionPart[] parts = PartsOf(links, lost);
        try
        {
            RequireAble(parts, asking);
            long replaying = Now();
            int tokens = await _replay.RunAsync(parts, lost.Log!, part => asking(part.Link.Holder), cancellationToken);
            TimeProvider time = _source!.Time;
            Put(index, parts, KindOf(parts, gone), time.GetElapsedTime(start), time.GetElapsedTime(replaying), tokens);
        }
        catch
        {
            await SessionPart.CloseAsync(parts);
            throw;
        }
    }

    /// <summary>Puts others in the place of a link whose step they have answered before it.</summary>
    private async Task TakePlaceAsync(int index, HedgedStep answered, Exception why)
    {
        SessionPart slow = _parts[index];
        await slow.DisposeAsync();
        _replacer!.Failed(slow.Link.Holder, why);
        Put(index, answered.Parts, RecoveryKind.Hedge, answered.Pause, answered.Replay, answered.Tokens);
        _carrier.Prepare(_parts[index].Range.Count, isLast: index == _parts.Count - 1);
        answered.Output.CopyTo(_carrier.Step.Output);
    }

    /// <summary>Has others compute what a link is slow with, beside it.</summary>
    /// <returns>Null where there are none, or they do no better.</returns>
    private async Task<HedgedStep?> PrepareAsync(SessionPart slow, BlockStep step, CancellationToken cancellationToken)
    {
        long start = Now();
        SessionPart[] parts = [];
        try
        {
            BlockSessionOptions options = _options with { Range = slow.Range };
            if (await _replacer!.TryOthersAsync(options, slow.Link.Holder!, cancellationToken) is not { } links)
            {
                return null;
            }

            parts = PartsOf(links, slow);
            RequireAble(parts, _ => { });
            long replaying = Now();
            int tokens = await _replay.RunAsync(parts, slow.Log!, _ => { }, cancellationToken);
            TimeSpan pause = _source!.Time.GetElapsedTime(start), replay = _source.Time.GetElapsedTime(replaying);
            float[] output = new float[step.Rows * _boundarySize];
            await parts[0].Session.StepAsync(new BlockStep { Shape = step.Shape, Input = step.Input, Output = output }, cancellationToken);
            return new HedgedStep(parts, output, pause, replay, tokens);
        }
        catch (Exception e)
        {
            await SessionPart.CloseAsync(parts);
            if (Failures.IsOfServer(e) || e is OperationCanceledException)
            {
                return null; // the slow link goes on, or is replaced as any other
            }

            throw;
        }
    }

    private SessionPart[] PartsOf(IReadOnlyList<SessionLink> links, SessionPart lost) =>
        [.. links.Select((link, i) => new SessionPart(link, i == 0 ? lost.Log : NewLog(link)))];

    /// <summary>Refuses links that cannot do what the session needs.</summary>
    private void RequireAble(SessionPart[] parts, Action<object?> asking)
    {
        if (parts.FirstOrDefault(part => (part.Abilities & Needed) != Needed) is { } unable)
        {
            asking(unable.Link.Holder);
            throw new SpanRefusedException(
                unable.Session.Holders[0].Name, unable.Range, SpanFailureCode.Internal, "it cannot do what the session needs");
        }
    }

    private void Put(int index, SessionPart[] parts, RecoveryKind kind, TimeSpan pause, TimeSpan replay, int tokens)
    {
        SessionPart lost = _parts[index];
        BlockHolder holder = lost.Session.Holders[0];
        lost.Log!.Narrow(parts[0].Range.Count);
        _parts.RemoveAt(index);
        _parts.InsertRange(index, parts);
        (_holders, _isLinked) = (HoldersNow(), false);
        _recoveries.Add(new SessionRecovery(holder.Name, holder.Range, kind, pause, replay, tokens));
    }

    /// <summary>What whoever takes a place must be able to do: every block's output aside, which few callers ask for.</summary>
    private SpanAbilities Needed => Abilities & (SpanAbilities.Truncate | SpanAbilities.Trees | SpanAbilities.DeepPrompts);

    private static RecoveryKind KindOf(SessionPart[] parts, object? gone) =>
        parts is [{ Link.Holder: { } same }] && same.Equals(gone) ? RecoveryKind.Reopen
        : parts.All(part => part.Link.Holder is null) ? RecoveryKind.Local
        : RecoveryKind.Replace;
}
