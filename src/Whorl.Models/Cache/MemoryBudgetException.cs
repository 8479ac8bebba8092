using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A session asked for more cache memory than is free: ask for a shorter one, wait, or go elsewhere.</summary>
/// <param name="wanted">Bytes asked for.</param>
/// <param name="free">Bytes free.</param>
/// <param name="message">What is to be done where it is not about a session's cache.</param>
public sealed class MemoryBudgetException(long wanted, long free, string? message = null)
    : Exception(message ?? $"the session's cache needs {ByteSize.ToText(wanted)}, and {ByteSize.ToText(free)} are free; ask for a shorter session or wait")
{
    /// <summary>Bytes asked for.</summary>
    public long Wanted { get; } = wanted;

    /// <summary>Bytes free.</summary>
    public long Free { get; } = free;
}
