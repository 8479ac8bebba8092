using System.Numerics;

namespace Whorl.Kernels.Cpu.Threading;

/// <summary>Whether works of a kind and size are quicker alone or shared, as they have turned out on this machine lately.</summary>
/// <remarks>
/// A further thread may bring nothing: the other core is far away, or another process has it. Each kind and size tries both ways a few
/// times, keeps the quicker one and tries the other now and then, ever more seldom. Only the clock is told apart by it, never a result.
/// </remarks>
internal sealed class SharingTable
{
    /// <summary>
    /// Works that take about so many nanoseconds or more are shared without asking: a few chunks of them outweigh any hand-off.
    /// </summary>
    public const long AlwaysWorthIt = 4_000_000;

    private const int Kinds = (int)WorkKind.Attention + 1;
    private const int Sizes = 64; // a size is a power of two
    private const int FirstTries = 8; // half of them shared
    private const int Tries = 4; // of the other way, one after another
    private const int ShortestInterval = 64;
    private const int LongestInterval = 2048;
    private const double Outlier = 50;

    private readonly Entry[] _entries = new Entry[Kinds * Sizes];

    /// <summary>Whether the next work of this kind and size is to be shared. Each answer is followed by a <see cref="Tell"/>.</summary>
    /// <param name="kind">What kind.</param>
    /// <param name="cost">About how many nanoseconds it takes one thread.</param>
    public bool Asks(WorkKind kind, long cost)
    {
        if (cost >= AlwaysWorthIt)
        {
            return true;
        }

        ref Entry entry = ref Of(kind, cost);
        if (entry.Told < FirstTries)
        {
            return entry.Told % 2 == 0;
        }

        bool isQuicker = entry.Shared < entry.Alone;
        return entry.Wait > 0 ? isQuicker : !isQuicker;
    }

    /// <summary>Remembers how long a work took.</summary>
    /// <param name="kind">What kind.</param>
    /// <param name="cost">As <see cref="Asks"/> was told.</param>
    /// <param name="shared">What it said.</param>
    /// <param name="time">How long it took, in any unit.</param>
    public void Tell(WorkKind kind, long cost, bool shared, long time)
    {
        if (cost >= AlwaysWorthIt)
        {
            return;
        }

        ref Entry entry = ref Of(kind, cost);
        double value = (double)Math.Max(time, 1) / Math.Max(cost, 1);
        ref double known = ref shared ? ref entry.Shared : ref entry.Alone;
        if (entry.Told < FirstTries)
        {
            entry.Told++; // the first calls are compiled on the way: the quickest of a few counts
            known = known == 0 ? value : Math.Min(known, value);
            (entry.Wait, entry.Interval) = (ShortestInterval, ShortestInterval);
            return;
        }

        if (entry.Wait > 0)
        {
            // In use: one that lost its core in the midst of it weighs enough to turn the choice at once.
            bool wasShared = entry.Shared < entry.Alone;
            known += (Math.Min(value, Outlier * known) - known) / 16;
            entry.Wait--;
            if (entry.Shared < entry.Alone != wasShared)
            {
                entry.WaitLonger();
            }
        }
        else
        {
            // A try: what was known is old, only these few count.
            entry.Tried = (entry.Wait == 0 ? 0 : entry.Tried) + (value / Tries);
            if (--entry.Wait <= -Tries)
            {
                known = entry.Tried;
                entry.WaitLonger();
            }
        }
    }

    private ref Entry Of(WorkKind kind, long cost) => ref _entries[((int)kind * Sizes) + BitOperations.Log2((ulong)Math.Max(cost, 1))];

    private struct Entry
    {
        public double Alone; // time a unit of cost
        public double Shared;
        public int Told;
        public int Wait; // works until the other way is tried; below 0 while it is
        public int Interval;
        public double Tried; // their mean, as far as they have come

        public void WaitLonger() => Wait = Interval = Math.Min(2 * Interval, LongestInterval);
    }
}
