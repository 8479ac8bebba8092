using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Client;

/// <summary>A server answered what cannot be an answer. Nothing of it is used; the session is of no more use, and another server may do better.</summary>
/// <param name="server">Its name.</param>
/// <param name="range">The blocks it was asked for.</param>
/// <param name="what">What it answered, and what would have been right.</param>
/// <param name="inner">What revealed it, if anything did.</param>
public sealed class BadAnswerException(string server, BlockRange range, string what, Exception? inner = null)
    : IOException($"server {ServerName.Short(server)} does not compute blocks {range} as it should: {PeerText.Clean(what)}; leave it out, or tell its owner", inner)
{
    /// <summary>The server's name.</summary>
    public string Server { get; } = server;

    /// <summary>The blocks it was asked for.</summary>
    public BlockRange Range { get; } = range;
}
