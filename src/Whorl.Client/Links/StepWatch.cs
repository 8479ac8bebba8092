using Whorl.P2P;

namespace Whorl.Client.Links;

/// <summary>
/// Sees to it that no step is waited for for ever, by the server's own times: one that takes five times as long as its slowest makes the server be
/// asked whether it is still there. One that does not answer that is cut off; one that answers is busy, and is waited for until the step has taken
/// twenty times as long, and half a minute at least.
/// </summary>
/// <remarks>What a step brings is taken as a whole: bytes that trickle in do not lengthen it. A step costs two changes of one timer.</remarks>
internal sealed class StepWatch : IDisposable
{
    private const double Patience = 5;
    private const double Limit = 20;

    private readonly Lock _gate = new();
    private readonly StepTimes _times = new();
    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, Task> _probe;
    private readonly Action _cut;
    private readonly ITimer _timer;
    private long _step; // rises with each step, so that a look at one never ends another
    private bool _isUnderWay;
    private int _rows;
    private long _began;
    private TimeSpan _wait;

    /// <param name="time">The clock.</param>
    /// <param name="probe">Asks the server for something that it answers at once. Any answer will do, a refusal too.</param>
    /// <param name="cut">Ends the waiting for the step; called once, from any thread.</param>
    public StepWatch(TimeProvider time, Func<CancellationToken, Task> probe, Action cut)
    {
        (_time, _probe, _cut) = (time, probe, cut);
        _timer = time.CreateTimer(static watch => _ = ((StepWatch)watch!).LookAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Before a step has taken so long nobody is asked anything.</summary>
    /// <value>0.75 seconds</value>
    public static TimeSpan LeastPatience { get; } = TimeSpan.FromSeconds(0.75);

    /// <summary>The same of a session's first step, of which nothing is known.</summary>
    /// <value>2 seconds</value>
    public static TimeSpan FirstPatience { get; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a server may take to say that it is there.</summary>
    /// <value>1.25 seconds, or five of its slow steps</value>
    public static TimeSpan LeastProbe { get; } = TimeSpan.FromSeconds(1.25);

    /// <summary>The same in a session's first step.</summary>
    /// <value>5 seconds: server or client may be busy with much else</value>
    public static TimeSpan FirstProbe { get; } = TimeSpan.FromSeconds(5);

    /// <summary>No step of a server that answers otherwise is cut before.</summary>
    /// <value>30 seconds: as long as the blocks may be another client's</value>
    public static TimeSpan LeastLimit { get; } = TimeSpan.FromSeconds(30);

    /// <summary>The limit of a session's first step: weights may come from a slow disk.</summary>
    /// <value>2 minutes, and a quarter of a second a row</value>
    public static TimeSpan FirstLimit { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Why the step was cut off; null where it was not.</summary>
    public string? Why { get; private set; }

    /// <summary>A step begins.</summary>
    public void Begin(int rows)
    {
        lock (_gate)
        {
            (_rows, _began, _isUnderWay) = (rows, _time.GetTimestamp(), true);
            _step++;
            _wait = _times.Slow(rows) is { } slow ? Max(LeastPatience, slow * Patience) : FirstPatience;
            _timer.Change(_wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>It has ended.</summary>
    /// <param name="isComputed">Whether by an answer whose time tells something.</param>
    public void End(bool isComputed)
    {
        lock (_gate)
        {
            _isUnderWay = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (isComputed)
            {
                _times.Add(_rows, _time.GetElapsedTime(_began));
            }
        }
    }

    public void Dispose()
    {
        End(isComputed: false);
        _timer.Dispose();
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private async Task LookAsync()
    {
        long step;
        TimeSpan probeTime, limit, began;
        lock (_gate)
        {
            if (!_isUnderWay)
            {
                return;
            }

            TimeSpan? slow = _times.Slow(_rows);
            step = _step;
            began = _time.GetElapsedTime(_began);
            probeTime = slow is { } measured ? Max(LeastProbe, measured * Patience) : FirstProbe;
            limit = slow is { } known ? Max(LeastLimit, known * Limit) : FirstLimit + TimeSpan.FromSeconds(_rows / 4.0);
        }

        if (began >= limit)
        {
            Cut(step, $"a step of {_rows} rows has taken {began.TotalSeconds:0.#} s without its answer being whole");
        }
        else if (!await AnswersAsync(probeTime))
        {
            Cut(step, $"it has stopped answering, a step for {_time.GetElapsedTime(_began).TotalSeconds:0.#} s and whether it is there");
        }
        else
        {
            lock (_gate)
            {
                if (_isUnderWay && step == _step)
                {
                    TimeSpan left = limit - _time.GetElapsedTime(_began);
                    _wait = _wait * 2 < left ? _wait * 2 : Max(left, TimeSpan.Zero);
                    _timer.Change(_wait, Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    private async Task<bool> AnswersAsync(TimeSpan time)
    {
        using CancellationTokenSource limit = new(time, _time);
        try
        {
            await _probe(limit.Token).WaitAsync(limit.Token);
            return true;
        }
        catch (Exception e)
        {
            return e is not (OperationCanceledException or TimeoutException or PeerUnavailableException); // all others are answers, if no welcome ones
        }
    }

    private void Cut(long step, string why)
    {
        lock (_gate)
        {
            if (!_isUnderWay || step != _step)
            {
                return;
            }

            _isUnderWay = false;
            Why = why;
        }

        _cut();
    }
}
