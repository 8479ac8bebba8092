using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What one block remembers of one session.</summary>
/// <param name="KeyValues">Keys and values, or null for a block without attention.</param>
/// <param name="States">Recurrent states, none for a block without recurrence.</param>
public sealed record BlockCache(KeyValueStore? KeyValues, IReadOnlyList<StateStore> States) : IDisposable
{
    /// <summary>Bytes it takes once all that was reserved is used.</summary>
    public long Bytes => (KeyValues?.Bytes ?? 0) + States.Sum(s => s.Bytes);

    /// <summary>Reserves the snapshots of so many scratch tokens, so that a session's memory is known when it opens.</summary>
    public void ReserveScratch(int tokens)
    {
        foreach (StateStore state in States)
        {
            state.ReserveScratch(tokens);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        KeyValues?.Dispose();
        foreach (StateStore state in States)
        {
            state.Dispose();
        }
    }
}
