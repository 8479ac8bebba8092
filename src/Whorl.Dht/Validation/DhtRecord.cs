using Whorl.MsgPack;

namespace Whorl.Dht.Validation;

/// <summary>A record as validators see it.</summary>
/// <param name="Key">The 20 bytes of the key's id.</param>
/// <param name="Subkey">The subkey's msgpack form; nil (0xC0) for a plain value.</param>
/// <param name="Value">The value's msgpack form, with a signature behind it where there is one.</param>
/// <param name="Expiration">Seconds of unix time.</param>
public sealed record DhtRecord(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Subkey, ReadOnlyMemory<byte> Value, double Expiration)
{
    /// <summary>What is signed: msgpack of the tuple (key, subkey, value, expiration).</summary>
    internal byte[] ToSignedBytes() => MsgPackWriter.Write(MsgPackTuple.Of(Key.ToArray(), Subkey.ToArray(), Value.ToArray(), Expiration));
}
