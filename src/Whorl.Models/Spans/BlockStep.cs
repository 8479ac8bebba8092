namespace Whorl.Models;

/// <summary>New tokens of one session on their way through blocks. Reusable.</summary>
public sealed class BlockStep
{
    /// <summary>Number of new tokens; 0 is allowed (a verdict alone).</summary>
    public int Rows { get; set; }

    /// <summary>The step's number in its session, from 1 and rising by one: a number that was computed is answered again, not computed again.</summary>
    /// <value>0: whoever carries the step counts</value>
    public long Number { get; set; }

    /// <summary>Tokens that must be committed once the verdict is applied, before the rows are: a session that has others refuses the step.</summary>
    /// <value>null: not compared</value>
    public int? Position { get; set; }

    /// <summary>What enters the first block, <c>[Rows, boundary]</c>.</summary>
    public ReadOnlyMemory<float> Input { get; set; }

    /// <summary>
    /// Receives what leaves the last block, <c>[Rows, boundary]</c>; where <see cref="EveryBlock"/>, what leaves each, <c>[blocks, Rows,
    /// boundary]</c>.
    /// </summary>
    public Memory<float> Output { get; set; }

    /// <summary>Whether the output of every block is wanted.</summary>
    public bool EveryBlock { get; set; }

    /// <summary>Whether scratch tokens of earlier steps are settled before this one; else they stay open.</summary>
    public bool HasVerdict { get; set; }

    /// <summary>With <see cref="HasVerdict"/>: the scratch tokens to commit, a path from the root; the others are forgotten.</summary>
    public ReadOnlyMemory<int> Keep { get; set; }

    /// <summary>Whether the new tokens are scratch: a tree, or more of one; else they are committed at once.</summary>
    public bool IsScratch { get; set; }

    /// <summary>With <see cref="IsScratch"/>: the new tokens' parents as scratch numbers, -1 for the last committed token.</summary>
    public ReadOnlyMemory<int> Parents { get; set; }

    /// <summary>Added to the first rows before each block, <c>[blocks, PromptRows, boundary]</c>: deep prompts.</summary>
    /// <value>empty</value>
    public ReadOnlyMemory<float> Prompts { get; set; }

    /// <summary>Rows of <see cref="Prompts"/>, at most <see cref="Rows"/>; 0 for none.</summary>
    public int PromptRows { get; set; }

    /// <summary>Values that <see cref="Output"/> must hold.</summary>
    /// <param name="blocks">Blocks of the session.</param>
    /// <param name="boundarySize">Width of a row.</param>
    public long OutputLength(int blocks, int boundarySize) => (long)(EveryBlock ? blocks : 1) * Rows * boundarySize;
}
