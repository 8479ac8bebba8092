namespace Whorl.Dht.Validation;

/// <summary>Several validators, all of which must agree; with none (as in Petals) everything is valid and nothing is signed.</summary>
public sealed class CompositeValidator : IRecordValidator
{
    private readonly IRecordValidator[] _byPriority;

    /// <param name="validators">In any order.</param>
    public CompositeValidator(params IEnumerable<IRecordValidator> validators) =>
        _byPriority = [.. validators.OrderByDescending(v => v.Priority)];

    /// <inheritdoc/>
    public int Priority => 0;

    /// <inheritdoc/>
    public bool Validate(DhtRecord record)
    {
        foreach (IRecordValidator validator in _byPriority)
        {
            if (!validator.Validate(record))
            {
                return false;
            }

            record = record with { Value = validator.Strip(record) };
        }

        return true;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Sign(DhtRecord record)
    {
        foreach (IRecordValidator validator in _byPriority.Reverse())
        {
            record = record with { Value = validator.Sign(record) };
        }

        return record.Value;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Strip(DhtRecord record)
    {
        foreach (IRecordValidator validator in _byPriority)
        {
            record = record with { Value = validator.Strip(record) };
        }

        return record.Value;
    }
}
