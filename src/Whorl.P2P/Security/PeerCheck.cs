namespace Whorl.P2P.Security;

/// <summary>The check that whoever answered is who was dialled.</summary>
internal static class PeerCheck
{
    /// <exception cref="ProtocolViolationException">The key is another peer's.</exception>
    public static void ThrowUnlessExpected(PeerPublicKey key, PeerId? expected)
    {
        if (expected is not null && key.Id != expected)
        {
            throw new ProtocolViolationException($"{expected} was dialled and {key.Id} answered");
        }
    }
}
