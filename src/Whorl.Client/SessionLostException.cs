using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Client;

/// <summary>A server that held a part of a session is gone, and what it remembered with it; or the parts of a session have lost each other.</summary>
/// <param name="server">The server's name.</param>
/// <param name="range">The blocks it computed.</param>
/// <param name="inner">What happened.</param>
public sealed class SessionLostException(string server, BlockRange range, Exception inner)
    : IOException($"server {ServerName.Short(server)}, which computed blocks {range}, is gone: {PeerText.Clean(Words(server, inner))}", inner)
{
    /// <summary>The server's name.</summary>
    public string Server { get; } = server;

    /// <summary>The blocks it computed.</summary>
    public BlockRange Range { get; } = range;

    /// <summary>What happened, in words that do not repeat the server's name.</summary>
    private static string Words(string server, Exception inner) => inner.Message.Replace(server, "it", StringComparison.Ordinal);
}
