using System.Diagnostics.CodeAnalysis;
using Whorl.Client.Links;
using Whorl.Client.Sessions;
using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>
/// Looks at the steps of a session's links: where one takes far longer than its server's steps have, another server is prepared for it and
/// asked as well. Whoever answers first is taken; the bytes are the same. A step at a time; a step costs two changes of one timer.
/// </summary>
internal sealed class Hedge : IAsyncDisposable
{
    private const double Patience = 5;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Func<SessionPart, BlockStep, CancellationToken, Task<HedgedStep?>> _prepare;
    private readonly ITimer _timer;
    private CancellationTokenSource _cut = new(); // the step at the slow server: cancelled when another one has answered it
    private CancellationTokenSource _given = new(); // the other server: cancelled when the slow one has
    private CancellationTokenRegistration _caller;
    private Task<HedgedStep?>? _prepared;
    private SessionPart? _part; // under way; null between steps
    private BlockStep? _step;
    private long _began;

    /// <param name="time">The clock.</param>
    /// <param name="prepare">
    /// Opens a session elsewhere, computes there what had entered a link, then the step; gives null where it cannot.
    /// </param>
    public Hedge(TimeProvider time, Func<SessionPart, BlockStep, CancellationToken, Task<HedgedStep?>> prepare)
    {
        (_time, _prepare) = (time, prepare);
        _timer = time.CreateTimer(static hedge => ((Hedge)hedge!).Start(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Nobody else is asked before a step has taken so long, nor before five times what 99 of 100 of its server's steps took.
    /// </summary>
    /// <value>half a second: less than a server is given before it is asked whether it is there</value>
    public static TimeSpan LeastPatience { get; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A step is sent.</summary>
    /// <param name="part">To whom.</param>
    /// <param name="step">The step; unchanged until it has ended.</param>
    /// <param name="cancellationToken">Gives the step up.</param>
    /// <returns>Gives up its sending, because of the former or because another one has answered.</returns>
    public CancellationToken Begin(SessionPart part, BlockStep step, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            (_part, _step, _began) = (part, step, _time.GetTimestamp());
            _caller = cancellationToken.UnsafeRegister(static cut => ((CancellationTokenSource)cut!).Cancel(), _cut);
            if (part.Log is not null && step is { PromptRows: 0, EveryBlock: false, Rows: > 0 } && part.Times.Slow(step.Rows) is { } slow)
            {
                _timer.Change(slow * Patience > LeastPatience ? slow * Patience : LeastPatience, Timeout.InfiniteTimeSpan);
            }

            return _cut.Token;
        }
    }

    /// <summary>The step has been answered: another server that was asked meanwhile is let go.</summary>
    public ValueTask AnsweredAsync()
    {
        lock (_gate)
        {
            if (_part!.Session is not ILink { TellsTime: false })
            {
                _part.Times.Add(_step!.Rows, _time.GetElapsedTime(_began));
            }
        }

        return End(out Task<HedgedStep?>? prepared) ? DropAsync(prepared) : ValueTask.CompletedTask;
    }

    /// <summary>The step has failed, or another server has answered it.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The other server's answer; null where there is none.</returns>
    public async ValueTask<HedgedStep?> FailedAsync(CancellationToken cancellationToken)
    {
        if (!End(out Task<HedgedStep?>? prepared))
        {
            return null;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            await DropAsync(prepared);
            return null;
        }

        await using (cancellationToken.UnsafeRegister(static given => ((CancellationTokenSource)given!).Cancel(), _given))
        {
            HedgedStep? answer = await prepared;
            Renew();
            return answer;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (End(out Task<HedgedStep?>? prepared))
        {
            await DropAsync(prepared);
        }

        await _timer.DisposeAsync();
        _cut.Dispose();
        _given.Dispose();
    }

    private void Start()
    {
        lock (_gate)
        {
            if (_part is { } part && _prepared is null)
            {
                BlockStep step = _step!;
                CancellationToken given = _given.Token;
                _prepared = Task.Run(() => PrepareAsync(part, step, given), CancellationToken.None);
            }
        }
    }

    private async Task<HedgedStep?> PrepareAsync(SessionPart part, BlockStep step, CancellationToken cancellationToken)
    {
        TimeSpan waited = _time.GetElapsedTime(_began);
        if (await _prepare(part, step, cancellationToken) is not { } answer)
        {
            return null;
        }

        await _cut.CancelAsync();
        return answer with { Pause = waited + answer.Pause };
    }

    /// <summary>Between two steps nobody is asked.</summary>
    /// <returns>Whether somebody was.</returns>
    private bool End([NotNullWhen(true)] out Task<HedgedStep?>? prepared)
    {
        _caller.Dispose(); // not under the lock: what it calls may be waited for here
        lock (_gate)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            (_part, _step, prepared, _prepared) = (null, null, _prepared, null);
            return prepared is not null;
        }
    }

    private async ValueTask DropAsync(Task<HedgedStep?> prepared)
    {
        await _given.CancelAsync();
        if (await prepared is { } late)
        {
            await late.DisposeAsync();
        }

        Renew();
    }

    private void Renew()
    {
        lock (_gate)
        {
            _cut.Dispose();
            _given.Dispose();
            (_cut, _given) = (new CancellationTokenSource(), new CancellationTokenSource());
        }
    }
}
