using Whorl.Models;

namespace Whorl.Client.Sessions;

/// <summary>A part of a live session.</summary>
/// <param name="Session">The session on its holder.</param>
/// <param name="Range">The blocks it computes.</param>
/// <param name="Holder">Who holds them, as whoever chose it knows it; null where nobody wants to hear how it does.</param>
internal sealed record SessionLink(IBlockSession Session, BlockRange Range, object? Holder = null);
