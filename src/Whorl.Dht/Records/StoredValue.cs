namespace Whorl.Dht.Records;

/// <summary>What is stored under a key: a plain value or a dictionary.</summary>
internal readonly struct StoredValue
{
    public StoredValue(ReadOnlyMemory<byte> plain) => Plain = plain;

    public StoredValue(DictionaryValue dictionary) => Dictionary = dictionary;

    /// <summary>The plain value's bytes; empty for a dictionary.</summary>
    public ReadOnlyMemory<byte> Plain { get; }

    /// <summary>The dictionary, or null for a plain value.</summary>
    public DictionaryValue? Dictionary { get; }

    /// <summary>The bytes on the wire.</summary>
    public ReadOnlyMemory<byte> ToBytes() => Dictionary is null ? Plain : Dictionary.ToBytes();

    /// <summary>A value of its own, where it could change.</summary>
    public StoredValue Copy() => Dictionary is null ? this : new StoredValue(Dictionary.Copy());
}
