namespace Whorl.P2P.Rpc;

/// <summary>What a handler knows of a call.</summary>
/// <param name="Caller">The authenticated caller; null only on a transport without identities.</param>
/// <param name="Method">The protocol id that was called.</param>
public sealed record RpcContext(PeerId? Caller, string Method);
