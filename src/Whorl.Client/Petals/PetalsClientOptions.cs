namespace Whorl.Client.Petals;

/// <summary>How servers of a Petals swarm are called. The defaults are those of Petals' client.</summary>
public sealed record PetalsClientOptions
{
    /// <summary>How long a server may take to say what it is, the search for it and the dialling included.</summary>
    /// <value>20 seconds; Petals' client waits as for a step</value>
    public TimeSpan InfoTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a server that has said what it is may take to accept a stream.</summary>
    /// <value>5 seconds</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a step or a forward pass may take.</summary>
    /// <value>3 minutes</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long a server may take to end a session that is being closed; it is cut off then.</summary>
    /// <value>2 seconds</value>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
