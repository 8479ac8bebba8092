namespace Whorl.Server;

/// <summary>Whose steps are computed before whose, where both wait.</summary>
internal enum StepPriority
{
    /// <summary>A few rows that somebody waits for, as a text's next token.</summary>
    Decode,

    /// <summary>Many rows: computed in slices between those of others.</summary>
    Prefill,

    /// <summary>Batches without a session of their own.</summary>
    Batch,
}
