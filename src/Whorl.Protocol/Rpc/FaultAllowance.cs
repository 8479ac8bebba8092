namespace Whorl.Protocol.Rpc;

/// <summary>
/// How fast the callee takes malformed requests from one connection. Each costs its bytes; who sends more than a few waits for the end of the call, while
/// the request goes on counting against what the connection may hold: so a flood of them slows down to what reading it costs next to nothing.
/// </summary>
internal sealed class FaultAllowance
{
    private readonly Lock _gate = new();
    private double _left = RpcLimits.MaxFaultBytes;
    private long? _at;

    /// <summary>Counts a malformed request.</summary>
    /// <param name="bytes">Its length.</param>
    /// <param name="time">The clock, always the same one.</param>
    /// <returns>How long its call has to last yet.</returns>
    public TimeSpan Charge(long bytes, TimeProvider time)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            double gained = _at is { } at ? time.GetElapsedTime(at, now).TotalSeconds * RpcLimits.FaultBytesPerSecond : 0;
            double most = RpcLimits.MaxFaultBytes, least = -RpcLimits.MaxFaultWait.TotalSeconds * RpcLimits.FaultBytesPerSecond;
            _left = Math.Clamp(Math.Min(_left + gained, most) - Math.Max(bytes, RpcLimits.LeastFaultBytes), least, most);
            _at = now;
            return TimeSpan.FromSeconds(Math.Max(-_left, 0) / RpcLimits.FaultBytesPerSecond);
        }
    }
}
