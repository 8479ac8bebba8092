using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>What a session does when a server that computes a part of it is gone.</summary>
public sealed record RecoveryOptions
{
    /// <summary>How long a session waits for somebody who holds the lost blocks, where nobody does.</summary>
    /// <value>60 seconds: a server that is started again has loaded its blocks by then</value>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of memory that the log of one session may take; what is beyond lies on disk, in a file that is gone with the session.</summary>
    /// <value>256 MiB</value>
    public long MaxLogBytes { get; init; } = 256L << 20;

    /// <summary>Loads blocks into this process, where nobody else holds them; gives null where it cannot or must not. The span is kept by whoever gives it.</summary>
    /// <value>null: never</value>
    public Func<BlockRange, CancellationToken, Task<IBlockSpan?>>? LoadHere { get; init; }

    /// <summary>Told what is waited for, and what is computed here from the beginning on, in one line for people; returns at once.</summary>
    /// <value>null: nobody is</value>
    public Action<string>? Waiting { get; init; }
}
