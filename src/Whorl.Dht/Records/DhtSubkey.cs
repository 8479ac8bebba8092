using System.Globalization;
using Whorl.MsgPack;
using Whorl.P2P;

namespace Whorl.Dht.Records;

/// <summary>A key inside a dictionary value: any msgpack value, usually a string. Equal where its shortest msgpack form is.</summary>
public readonly struct DhtSubkey : IEquatable<DhtSubkey>
{
    private readonly byte[]? _packed;

    private DhtSubkey(byte[] packed) => _packed = packed;

    /// <summary>The msgpack form.</summary>
    public ReadOnlyMemory<byte> Packed => _packed;

    /// <summary>The text, where it is a string; else null.</summary>
    public string? Text => Value as string;

    internal object? Value => _packed is null ? null : MsgPackReader.Read(_packed);

    /// <summary>A subkey that is a string.</summary>
    public static DhtSubkey OfText(string text) => new(MsgPackWriter.Write(text));

    /// <summary>Reads the msgpack form.</summary>
    /// <exception cref="WireFormatException">It is not msgpack, or longer than <see cref="DhtLimits.MaxSubkeyBytes"/>.</exception>
    public static DhtSubkey Parse(ReadOnlySpan<byte> packed) => packed.Length <= DhtLimits.MaxSubkeyBytes
        ? OfValue(MsgPackReader.Read(packed))
        : throw new WireFormatException($"a subkey of {packed.Length} bytes, at most {DhtLimits.MaxSubkeyBytes} are taken");

    internal static DhtSubkey OfValue(object? value)
    {
        byte[] packed = MsgPackWriter.Write(value);
        return packed.Length <= DhtLimits.MaxSubkeyBytes
            ? new DhtSubkey(packed)
            : throw new WireFormatException($"a subkey of {packed.Length} bytes, at most {DhtLimits.MaxSubkeyBytes} are taken");
    }

    /// <inheritdoc/>
    public bool Equals(DhtSubkey other) => _packed.AsSpan().SequenceEqual(other._packed);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DhtSubkey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_packed);
        return hash.ToHashCode();
    }

    /// <summary>The text, or else the value in the culture-free form; for people to read, so as <see cref="PeerText"/> cleans it.</summary>
    public override string ToString() => PeerText.Clean(Convert.ToString(Value, CultureInfo.InvariantCulture) ?? "nil");

    /// <summary>Whether both are the same subkey.</summary>
    public static bool operator ==(DhtSubkey left, DhtSubkey right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(DhtSubkey left, DhtSubkey right) => !left.Equals(right);
}
