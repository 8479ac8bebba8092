namespace Whorl.Server;

/// <summary>
/// What the peers of one address make this server hold together: new identities cost nothing, new addresses do. Guarded by the <see cref="SessionMemory"/> it
/// belongs to.
/// </summary>
/// <param name="name">The IPv4 address, or the IPv6 network of 56 bits; of who comes through a relay, the relay's.</param>
internal sealed class HostAccount(string name)
{
    /// <summary>The address.</summary>
    public string Name => name;

    /// <summary>Accounts of peers that refer to it.</summary>
    public int Peers { get; set; }

    /// <summary>Sessions, open or opening.</summary>
    public int Sessions { get; set; }

    /// <summary>Bytes of their caches.</summary>
    public long CacheBytes { get; set; }

    /// <summary>Bytes of steps.</summary>
    public long StepBytes { get; set; }
}
