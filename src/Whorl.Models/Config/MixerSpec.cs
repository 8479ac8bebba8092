namespace Whorl.Models;

/// <summary>What mixes information between positions in a block: attention, or a recurrence.</summary>
public abstract record MixerSpec
{
    /// <summary>How its rotary frequencies change for long texts.</summary>
    internal virtual RopeScaling Scaling => RopeScaling.None;

    /// <summary>Bytes that a block with it remembers of a text, in float32.</summary>
    /// <param name="tokens">The text's length.</param>
    internal abstract long CacheBytes(int tokens);

    /// <summary>Bytes of keys and values, with the rounding up to 16 of their layout.</summary>
    private protected static long KeyValueBytes(int heads, int keySize, int valueSize, int tokens) =>
        4L * heads * ((RoundUp(tokens) * keySize) + (RoundUp(valueSize) * tokens));

    private static long RoundUp(long number) => (number + 15) / 16 * 16;
}
