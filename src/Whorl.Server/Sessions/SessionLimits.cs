namespace Whorl.Server;

/// <summary>What peers may make a server hold, and for how long.</summary>
public sealed record SessionLimits
{
    /// <summary>The part of the cache memory that one peer's sessions may take together; its first may be larger while there is room.</summary>
    /// <value>a half</value>
    public double PeerShare { get; init; } = 0.5;

    /// <summary>
    /// The part of the cache memory that sessions of all peers of one address may take together, this machine's own apart; the first of a peer may be larger
    /// while there is room and none other of the address.
    /// </summary>
    /// <value>three quarters</value>
    public double HostShare { get; init; } = 0.75;

    /// <summary>The part of the cache memory that is a peer's due: where another peer finds none, idle sessions of who holds more are given up.</summary>
    /// <value>a quarter</value>
    public double FairShare { get; init; } = 0.25;

    /// <summary>Sessions of all peers at once beyond which batches are refused, a sequence of which is one; single sessions are not, so that no batch shuts others out.</summary>
    /// <value>16384</value>
    public int Sessions { get; init; } = 16_384;

    /// <summary>Sessions of one peer at once.</summary>
    /// <value>1024</value>
    public int PeerSessions { get; init; } = 1024;

    /// <summary>Sessions of all peers of one address at once.</summary>
    /// <value>4096</value>
    public int HostSessions { get; init; } = 4096;

    /// <summary>Bytes of steps that are under way, kept answers and pushed steps, of all peers.</summary>
    /// <value>1 GiB</value>
    public long StepBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of steps that are under way, kept answers and pushed steps, of one peer.</summary>
    /// <value>512 MiB</value>
    public long PeerStepBytes { get; init; } = 512L << 20;

    /// <summary>The same of all peers of one address.</summary>
    /// <value>768 MiB</value>
    public long HostStepBytes { get; init; } = 768L << 20;

    /// <summary>
    /// Bytes that the intermediate results of one pass may take, one being computed at a time: longer steps are computed in shorter slices. Steps of few
    /// rows are computed whatever they take.
    /// </summary>
    /// <value>512 MiB</value>
    public long PassBytes { get; init; } = 512L << 20;

    /// <summary>Whether beginnings of texts are kept in memory that no session needs, for sessions that begin alike.</summary>
    /// <value>true</value>
    public bool KeepsPrefixes { get; init; } = true;

    /// <summary>How long a step may wait for memory that others' steps hold.</summary>
    /// <value>30 seconds</value>
    public TimeSpan StepPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a session outlives a stream that broke; less if others need its memory.</summary>
    /// <value>1 minute</value>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a session that another server handed over waits for its owner; less if others need its memory.</summary>
    /// <value>10 minutes: whoever reads an answer asks the next question within it</value>
    public TimeSpan HandedOverLease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long another server may take to hand a session over.</summary>
    /// <value>1 minute</value>
    public TimeSpan HandOverTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A session without a step for so long is idle.</summary>
    /// <value>10 seconds</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one who comes for memory waits for it once sessions were given up for him.</summary>
    /// <value>5 seconds</value>
    public TimeSpan EvictionTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From one request of a client to the next: who is silent for longer loses the session.</summary>
    /// <value>30 minutes</value>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a frame may be on its way, beside what its length takes at <see cref="SlowestBytes"/>.</summary>
    /// <value>1 minute</value>
    public TimeSpan FrameTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Bytes a second of the slowest link that is waited for.</summary>
    /// <value>64 KiB</value>
    public int SlowestBytes { get; init; } = 64 << 10;
}
