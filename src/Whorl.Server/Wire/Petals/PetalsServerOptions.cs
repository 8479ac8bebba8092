using System.Reflection;
using Whorl.Protocol.Messages;

namespace Whorl.Server.Petals;

/// <summary>How a server of a Petals swarm behaves. The defaults are those of Petals for models with grouped-query attention.</summary>
public sealed record PetalsServerOptions
{
    private static string OwnVersion { get; } = // a local label has letters, digits and dots only
        typeof(PetalsServerOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+', '-')[0] ?? "0";

    /// <summary>The model's prefix in the swarm: block i is called <c>prefix.i</c>. Without '.' and ' '.</summary>
    public required string Prefix { get; init; }

    /// <summary>The version that clients are told, by the rules of Python's (PEP 440).</summary>
    /// <value>that of the Petals whose behaviour is followed, and behind '+' whose program it is: <c>2.3.0.dev2+whorl.0.2.0</c></value>
    public string Version { get; init; } = "2.3.0.dev2+whorl." + OwnVersion;

    /// <summary>A name to show; announced.</summary>
    /// <value>null: none</value>
    public string? PublicName { get; init; }

    /// <summary>Whether this node only asks the DHT and stores nothing for it; told in rpc_info.</summary>
    public bool DhtClientMode { get; init; }

    /// <summary>How the weights are quantised: <see cref="Petals.QuantType.Of(Whorl.Models.ModelSource, Whorl.Models.BlockRange)"/>; announced.</summary>
    /// <value>none</value>
    public string QuantType { get; init; } = "none";

    /// <summary>The compression that clients are asked for and answered in, unless they ask for another.</summary>
    /// <value>none: exact</value>
    public TensorCompression Compression { get; init; }

    /// <summary>The most tokens that one inference session may reserve memory for.</summary>
    /// <value>8192</value>
    public int MaxInferenceLength { get; init; } = 8192;

    /// <summary>The most tokens in one step or forward pass: sequences times their length.</summary>
    /// <value>8192</value>
    public int MaxBatchTokens { get; init; } = 8192;

    /// <summary>How long a request that is no inference may take, its arrival included; also the limit of a push.</summary>
    /// <value>3 minutes</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long a session waits for its next step.</summary>
    /// <value>5 minutes</value>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a session may last.</summary>
    /// <value>30 minutes</value>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The longest that a client may wait for cache memory, however long it asks to.</summary>
    /// <value>10 minutes</value>
    public TimeSpan MaxAllocationTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
