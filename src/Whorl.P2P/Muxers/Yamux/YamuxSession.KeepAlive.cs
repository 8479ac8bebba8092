namespace Whorl.P2P.Muxers.Yamux;

/// <content>Pings: the measure of the round trip, and the proof that a silent peer is alive.</content>
internal sealed partial class YamuxSession
{
    private static readonly TimeSpan LingeringCheck = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MinRoundTripTime = TimeSpan.FromMilliseconds(1); // below it the scheduler is measured, not the network

    private static readonly long Guess = TimeSpan.FromMilliseconds(100).Ticks;

    // Guarded by _gate.
    private uint _lastPing;
    private bool _pingUnderWay;
    private long _pingSent;
    private bool _isQuiet; // no stream is open and no ping is out

    private long _lastReceived;
    private long _lastUsed;
    private long _lastSent;
    private long _roundTripTicks = Guess; // until the first pong
    private bool _isMeasured; // guarded by _gate

    /// <summary>
    /// The shortest measured round trip, at least 1 ms: that of the way itself. What is measured while much is sent holds the queues at both ends too, and windows
    /// that grow by it fill them further.
    /// </summary>
    public TimeSpan RoundTripTime => TimeSpan.FromTicks(Volatile.Read(ref _roundTripTicks));

    /// <summary>How long ago anything came for a stream.</summary>
    public TimeSpan SinceUsed => Time.GetElapsedTime(Volatile.Read(ref _lastUsed));

    /// <summary>A stream has opened: from now on somebody waits for the peer, who has not been listened to since the last check.</summary>
    private void Watch()
    {
        bool isDoubtful;
        lock (_gate)
        {
            if (!_isQuiet)
            {
                return;
            }

            _isQuiet = false;
            isDoubtful = !_pingUnderWay && Time.GetElapsedTime(Volatile.Read(ref _lastReceived)) >= Options.KeepAliveInterval;
        }

        if (isDoubtful)
        {
            SendPing();
        }

        ScheduleCheck();
    }

    private void Check()
    {
        foreach (YamuxStream stream in _streams.Values)
        {
            stream.ResetIfLingering();
        }

        CheckSilence();
        ScheduleCheck();
    }

    private void ScheduleCheck()
    {
        lock (_gate)
        {
            if (_failure is null)
            {
                _isQuiet = _streams.IsEmpty && !_pingUnderWay;
                _keepAlive.Change(UntilNextCheck_NeedsLock(), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>
    /// How long nothing can be due. The checks of all sessions fall on the same instants, a twelfth of the interval apart, or a whole interval while they carry
    /// nothing: a process with many idle connections wakes for all of them at once. A quiet peer is pinged after one to two intervals.
    /// </summary>
    private TimeSpan UntilNextCheck_NeedsLock()
    {
        TimeSpan silent = Time.GetElapsedTime(Volatile.Read(ref _lastReceived)), sincePing = Time.GetElapsedTime(_pingSent);
        TimeSpan due = _isQuiet ? Options.QuietKeepAliveInterval - silent
            : !_pingUnderWay ? Shorter(Options.KeepAliveInterval - silent, MeasureInterval - sincePing)
            : Shorter(Options.KeepAliveTimeout - (sincePing < Options.KeepAliveTimeout ? sincePing : silent), Options.KeepAliveInterval);
        TimeSpan millisecond = TimeSpan.FromMilliseconds(1), now = Time.GetElapsedTime(0);
        TimeSpan step = _isQuiet ? Options.QuietKeepAliveInterval : Options.KeepAliveInterval / 12;
        step = step > millisecond ? step : millisecond;
        due = due <= millisecond ? millisecond : _isQuiet ? due : Shorter(due, LingeringCheck); // a timer takes no less
        long steps = ((now + due).Ticks + step.Ticks - 1) / step.Ticks;
        return TimeSpan.FromTicks(steps * step.Ticks) - now;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void CheckSilence()
    {
        // What a full connection takes, the peer's end has acknowledged: also a sign of life, and the only one while a pong waits behind a long upload.
        TimeSpan silent = Time.GetElapsedTime(Math.Max(Volatile.Read(ref _lastReceived), Volatile.Read(ref _lastSent)));
        TimeSpan sincePing;
        bool underWay;
        TimeSpan interval;
        lock (_gate)
        {
            underWay = _pingUnderWay;
            sincePing = Time.GetElapsedTime(_pingSent);
            interval = _isQuiet ? Options.QuietKeepAliveInterval : Options.KeepAliveInterval;
        }

        if (underWay && sincePing >= Options.KeepAliveTimeout && silent >= Options.KeepAliveTimeout)
        {
            End(new PeerUnavailableException($"{RemotePeer} has been silent for {silent.TotalSeconds:F1} s and does not answer a ping") { Peer = RemotePeer });
        }
        else if (underWay ? sincePing >= MeasureInterval : silent >= interval || (sincePing >= MeasureInterval && !_streams.IsEmpty))
        {
            SendPing();
        }
    }

    private void SendPing()
    {
        uint value;
        lock (_gate)
        {
            value = ++_lastPing;
            _pingUnderWay = true;
            _pingSent = Time.GetTimestamp();
        }

        TrySendControl(new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, value));
    }

    private void OnPing(YamuxHeader header)
    {
        if ((header.Flags & YamuxFlags.Syn) != 0)
        {
            TrySendControl(new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Ack, 0, header.Length));
            return;
        }

        lock (_gate)
        {
            if (!_pingUnderWay || header.Length != _lastPing)
            {
                return; // the echo of a ping long forgotten
            }

            _pingUnderWay = false;
            long ticks = Math.Max(Time.GetElapsedTime(_pingSent).Ticks, MinRoundTripTime.Ticks);
            Volatile.Write(ref _roundTripTicks, _isMeasured ? Math.Min(ticks, _roundTripTicks) : ticks);
            _isMeasured = true;
        }

        if (_streams.IsEmpty)
        {
            ScheduleCheck(); // nothing is due for long
        }
    }

    private void OnFullConnectionTook() => Volatile.Write(ref _lastSent, Time.GetTimestamp());

    private void OnAnythingReceived() => Volatile.Write(ref _lastReceived, Time.GetTimestamp());
}
