using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.Dht.Validation;

namespace Whorl.Dht;

/// <summary>The best value found so far for one key. Dictionaries are merged and go before plain values; of those the later expiration wins.</summary>
/// <param name="key">The key.</param>
/// <param name="sufficient">The search may stop at a value that expires then or later; infinite to see all holders.</param>
internal sealed class KeySearch(DhtId key, double sufficient)
{
    private StoredValue _value;
    private bool _found;

    /// <summary>The key.</summary>
    public DhtId Key => key;

    /// <summary>When the value expires; negative infinity where there is none.</summary>
    public double Expiration { get; private set; } = double.NegativeInfinity;

    /// <summary>Which node gave the value.</summary>
    public DhtId? Source { get; private set; }

    /// <summary>The search may stop at a value that expires then or later; infinite to see all holders.</summary>
    public double Sufficient => sufficient;

    /// <summary>What others who want the value can take from this search.</summary>
    public SearchOutcome Outcome => new(_found ? _value.Copy() : null, Expiration, Source, sufficient);

    /// <summary>Whether the search may stop.</summary>
    public bool IsSufficient => _found && Expiration >= sufficient;

    /// <summary>Whether there is a value, be it not the latest.</summary>
    public bool IsFound => _found;

    /// <summary>The value; null where there is none.</summary>
    public StoredValue? Value => _found ? _value : null;

    /// <summary>Takes the outcome of another search for the key in the place of its own.</summary>
    /// <returns>False where that stopped too early for this one.</returns>
    public bool TryTake(SearchOutcome outcome)
    {
        if (outcome.Value is { } value)
        {
            Add(value, outcome.Expiration, outcome.Source!.Value);
            return Math.Max(outcome.Expiration, outcome.Sufficient) >= sufficient;
        }

        return true;
    }

    /// <summary>Takes a value that someone has.</summary>
    public void Add(StoredValue value, double expiration, DhtId source)
    {
        if (_found && _value.Dictionary is { } mine && value.Dictionary is { } theirs)
        {
            mine.Merge(theirs);
        }
        else if (!_found || ((_value.Dictionary is null) == (value.Dictionary is null) ? expiration > Expiration : value.Dictionary is not null))
        {
            // A dictionary is never given up for a plain value: anybody can write one under a block's key.
            _value = value.Copy();
            _found = true;
            (Expiration, Source) = (expiration, source);
        }
        else if (value.Dictionary is null != _value.Dictionary is null)
        {
            return;
        }

        if (expiration > Expiration)
        {
            (Expiration, Source) = (expiration, source);
        }
    }

    /// <summary>The value without signatures; null where there is none.</summary>
    public DhtValue? ToResult(IRecordValidator? validator)
    {
        if (!_found)
        {
            return null;
        }

        byte[] keyBytes = key.ToBytes();
        if (_value.Dictionary is null)
        {
            return new DhtValue(Strip(Protocol.StoreItem.PlainTag, _value.Plain, Expiration), null, Expiration);
        }

        Dictionary<DhtSubkey, DhtItem> items = _value.Dictionary.Items.ToDictionary(
            item => item.Key, item => item.Value with { Value = Strip(item.Key.Packed, item.Value.Value, item.Value.Expiration) });
        return new DhtValue(default, items, Expiration);

        ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> subkey, ReadOnlyMemory<byte> value, double expiration) =>
            validator is null ? value : validator.Strip(new DhtRecord(keyBytes, subkey, value, expiration));
    }
}
