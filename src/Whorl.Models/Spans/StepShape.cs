namespace Whorl.Models;

/// <summary>What a step is, its values aside: passed whole from whoever makes it to whoever computes it.</summary>
public readonly record struct StepShape
{
    /// <summary>Number of new tokens; 0 is allowed (a verdict alone).</summary>
    public int Rows { get; init; }

    /// <summary>
    /// The step's number in its session, from 1 and rising by one: a number that was computed is answered again, not computed again.
    /// </summary>
    /// <value>0: whoever carries the step counts</value>
    public long Number { get; init; }

    /// <summary>
    /// Tokens that must be committed once the verdict is applied, before the rows are: a session that has others refuses the step.
    /// </summary>
    /// <value>null: not compared</value>
    public int? Position { get; init; }

    /// <summary>Whether the output of every block is wanted.</summary>
    public bool EveryBlock { get; init; }

    /// <summary>Whether scratch tokens of earlier steps are settled before this one; else they stay open.</summary>
    public bool HasVerdict { get; init; }

    /// <summary>With <see cref="HasVerdict"/>: the scratch tokens to commit, a path from the root; the others are forgotten.</summary>
    public ReadOnlyMemory<int> Keep { get; init; }

    /// <summary>Whether the new tokens are scratch: a tree, or more of one; else they are committed at once.</summary>
    public bool IsScratch { get; init; }

    /// <summary>With <see cref="IsScratch"/>: the new tokens' parents as scratch numbers, -1 for the last committed token.</summary>
    public ReadOnlyMemory<int> Parents { get; init; }

    /// <summary>Rows of deep prompts, at most <see cref="Rows"/>; 0 for none.</summary>
    public int PromptRows { get; init; }

    /// <summary>Tokens that the step commits: those its verdict keeps, and its own where they are not scratch.</summary>
    public int Commits => (HasVerdict ? Keep.Length : 0) + (IsScratch ? 0 : Rows);
}
