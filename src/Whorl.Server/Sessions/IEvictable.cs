namespace Whorl.Server;

/// <summary>A session whose memory can be had for others.</summary>
internal interface IEvictable
{
    /// <summary>Whose it is.</summary>
    PeerAccount Account { get; }

    /// <summary>Bytes that its account is charged for its cache.</summary>
    long CacheBytes { get; }

    /// <summary>Bytes that its cache gives back to the budget when it is given up.</summary>
    long HeldBytes { get; }

    /// <summary>Whether no stream speaks to it.</summary>
    bool IsDetached { get; }

    /// <summary>Timestamp of its last step.</summary>
    long LastUse { get; }

    /// <summary>Gives it up, unless a step is under way; its memory is given back soon after.</summary>
    /// <returns>Whether it was given up.</returns>
    bool TryEvict();
}
