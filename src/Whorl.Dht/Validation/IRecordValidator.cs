namespace Whorl.Dht.Validation;

/// <summary>Decides which records a node stores and believes.</summary>
public interface IRecordValidator
{
    /// <summary>Validators of higher priority validate and strip earlier, and sign later.</summary>
    int Priority { get; }

    /// <summary>Whether a record that a peer stores here or returns may be taken. Must not throw on any bytes.</summary>
    bool Validate(DhtRecord record);

    /// <summary>The value to store for a record of this node's own, signed where it must be.</summary>
    ReadOnlyMemory<byte> Sign(DhtRecord record);

    /// <summary>The value of a valid record without its signature.</summary>
    ReadOnlyMemory<byte> Strip(DhtRecord record);
}
