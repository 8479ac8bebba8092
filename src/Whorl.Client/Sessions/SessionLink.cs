using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Client.Sessions;

/// <summary>A part of a live session.</summary>
/// <param name="Session">The session on its holder.</param>
/// <param name="Blocks">How many blocks it computes.</param>
/// <param name="Server">Its holder, where a view of the swarm wants to hear how it does.</param>
internal readonly record struct SessionLink(IBlockSession Session, int Blocks, PeerId? Server = null);
