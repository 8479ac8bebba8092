namespace Whorl.Swarm;

/// <summary>What a server says of itself, and how long it holds.</summary>
/// <param name="Info">What it says.</param>
/// <param name="Expiration">Until when, in seconds of unix time; Petals' servers and Whorl's set it to twice their period of renewal.</param>
public sealed record ServerAnnouncement(ServerInfo Info, double Expiration);
