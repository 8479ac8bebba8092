namespace Whorl.Dht;

/// <summary>
/// The time of records: the wall clock's when it was made, and from then on a steady one, so that a clock that is set does not make records expire or last. Where
/// other nodes say that both are wrong (a machine that slept, a clock that was wrong at the start and has been set), it follows them.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="tolerance">Smaller differences from other nodes are left alone.</param>
internal sealed class SwarmClock(TimeProvider time, TimeSpan tolerance)
{
    /// <summary>So many of the latest opinions count, one of each node.</summary>
    private const int MaxOpinions = 8;

    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private readonly double _base = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
    private readonly LinkedList<(object Who, double Difference)> _opinions = []; // guarded by _gate
    private double _correction;

    /// <summary>Seconds of unix time.</summary>
    public double Now => _base + Volatile.Read(ref _correction) + time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>Takes what a node says the time is.</summary>
    /// <param name="who">The node; of several opinions of one the last counts.</param>
    /// <param name="theirs">Seconds of unix time.</param>
    /// <param name="roundTrip">How long the question took, by half of which the answer is old.</param>
    /// <param name="isTrusted">Whether the user has named the node: one such is believed, of others three must agree.</param>
    /// <returns>Whether the time was corrected.</returns>
    public bool Notice(object who, double theirs, TimeSpan roundTrip, bool isTrusted)
    {
        double difference = theirs + (roundTrip.TotalSeconds / 2) - Now;
        if (!(Math.Abs(difference) < 1e9))
        {
            return false;
        }

        lock (_gate)
        {
            for (LinkedListNode<(object Who, double Difference)>? node = _opinions.First; node is not null; node = node.Next)
            {
                if (node.Value.Who.Equals(who))
                {
                    _opinions.Remove(node);
                    break;
                }
            }

            _opinions.AddLast((who, difference));
            if (_opinions.Count > MaxOpinions)
            {
                _opinions.RemoveFirst();
            }

            double[] sorted = [.. _opinions.Select(opinion => opinion.Difference).Order()];
            double median = sorted[(sorted.Length - 1) / 2];
            bool agree = sorted.Count(opinion => Math.Abs(opinion - median) <= tolerance.TotalSeconds) > sorted.Length / 2;
            if (!agree || Math.Abs(median) <= tolerance.TotalSeconds || (sorted.Length < 3 && !isTrusted))
            {
                return false;
            }

            _correction += median;
            _opinions.Clear();
            return true;
        }
    }
}
