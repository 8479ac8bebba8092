namespace Whorl.Server.Petals;

/// <summary>Which steps of a session have been answered, so that a step which comes from the client and from a server before it is computed once.</summary>
/// <remarks>Only the last ones are remembered: both copies of a step come close together, and a session's memory must not grow with its steps.</remarks>
internal sealed class StepIds
{
    /// <summary>How many are remembered.</summary>
    public const int Capacity = 1024;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Remembers a step.</summary>
    /// <returns>Whether it is new; a step without an id always is.</returns>
    public bool Add(string? id)
    {
        if (id is null)
        {
            return true;
        }

        if (!_known.Add(id))
        {
            return false;
        }

        _order.Enqueue(id);
        if (_order.Count > Capacity)
        {
            _known.Remove(_order.Dequeue());
        }

        return true;
    }
}
