namespace Whorl.Protocol.Metadata;

/// <summary>One later hop of an inference chain, to which a server pushes what it computed.</summary>
/// <param name="PeerId">The server's peer id in base58.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="Start">Its first block.</param>
/// <param name="End">The block after its last.</param>
public sealed record NextServer(string PeerId, string SessionId, int Start, int End);
