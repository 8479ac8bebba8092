using Whorl.Models;

namespace Whorl.Client;

/// <summary>A server that held a part of a session is gone, and what it remembered with it.</summary>
/// <param name="server">Its name.</param>
/// <param name="range">The blocks it computed.</param>
/// <param name="inner">What happened.</param>
public sealed class SessionLostException(string server, BlockRange range, Exception inner)
    : IOException($"server {server}, which computed blocks {range}, is gone: {inner.Message}", inner)
{
    /// <summary>The server's name.</summary>
    public string Server { get; } = server;

    /// <summary>The blocks it computed.</summary>
    public BlockRange Range { get; } = range;
}
