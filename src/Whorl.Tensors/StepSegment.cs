namespace Whorl.Tensors;

/// <summary>One session's rows within a step.</summary>
public readonly record struct StepSegment
{
    /// <summary>Its first row among the step's rows.</summary>
    public required int FirstRow { get; init; }

    /// <summary>Number of new tokens.</summary>
    public required int Rows { get; init; }

    /// <summary>Tokens committed before the step: slots and positions 0..Committed-1.</summary>
    public required int Committed { get; init; }

    /// <summary>Scratch tokens that earlier steps left; the new rows' scratch numbers follow on.</summary>
    public required int Scratch { get; init; }

    /// <summary>
    /// Whether the new rows become committed at once; then they follow the last committed token as a chain, and Scratch is 0.
    /// </summary>
    public required bool Commits { get; init; }

    /// <summary>Whether scratch and new rows together are one chain, so that every row sees all slots below its own.</summary>
    public required bool IsChain { get; init; }

    /// <summary>Slot of the first new row; the others follow.</summary>
    public int FirstSlot => Committed + Scratch;
}
