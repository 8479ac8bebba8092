namespace Whorl.Models;

/// <summary>Who computes some blocks of a session, and how long that has taken.</summary>
/// <param name="name">The server's address, or <c>local</c>.</param>
/// <param name="range">Its blocks.</param>
public sealed class BlockHolder(string name, BlockRange range)
{
    /// <summary>The server's address, or <c>local</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Its blocks.</summary>
    public BlockRange Range { get; } = range;

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Time from handing a step over until its result was here, summed.</summary>
    public TimeSpan Total { get; private set; }

    /// <summary>The part of it that the holder says it computed.</summary>
    public TimeSpan Computing { get; private set; }

    /// <summary>Counts a step.</summary>
    public void Count(TimeSpan total, TimeSpan computing)
    {
        Steps++;
        Total += total;
        Computing += computing;
    }
}
