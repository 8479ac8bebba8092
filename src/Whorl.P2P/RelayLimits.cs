namespace Whorl.P2P;

/// <summary>How much a relay gives: the defaults are those hivemind's daemon intends.</summary>
public sealed record RelayLimits
{
    /// <summary>Peers that may hold a reservation at once.</summary>
    /// <value>128</value>
    public int MaxReservations { get; init; } = 128;

    /// <summary>Peers at one address (an IPv4 address, an IPv6 network of 56 bits) that may; those on the relay's own machine may be half of all.</summary>
    /// <value>16</value>
    public int MaxReservationsPerHost { get; init; } = 16;

    /// <summary>How long a reservation lasts unless it is renewed.</summary>
    /// <value>1 h</value>
    public TimeSpan ReservationLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Circuits one peer may have, from it or to it.</summary>
    /// <value>16</value>
    public int MaxCircuitsPerPeer { get; init; } = 16;

    /// <summary>A circuit is cut after this time.</summary>
    /// <value>30 min</value>
    public TimeSpan MaxCircuitDuration { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>A circuit is cut after so many bytes in one direction.</summary>
    /// <value>4 GiB</value>
    public long MaxCircuitBytes { get; init; } = 1L << 32;
}
