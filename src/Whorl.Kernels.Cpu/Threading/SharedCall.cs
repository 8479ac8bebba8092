namespace Whorl.Kernels.Cpu.Threading;

/// <summary>An operation under way: how many workers may share its works.</summary>
/// <param name="Workers">1 for the calling thread alone.</param>
/// <param name="Kind">What kind it is.</param>
/// <param name="Cost">About how many nanoseconds it takes one thread; 0 where nobody measures.</param>
/// <param name="Started">When it began, in ticks.</param>
internal readonly record struct SharedCall(int Workers, WorkKind Kind, long Cost, long Started)
{
    /// <summary>An operation that the calling thread does, unmeasured.</summary>
    public static SharedCall Alone { get; } = new(1, WorkKind.Rows, 0, 0);
}
