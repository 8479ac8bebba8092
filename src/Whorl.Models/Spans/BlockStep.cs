namespace Whorl.Models;

/// <summary>New tokens of one session on their way through blocks. Reusable.</summary>
public sealed class BlockStep
{
    private StepShape _shape;
    private int _promptStride;

    /// <summary>What the step is, its values aside. The properties of the same names read and set its parts.</summary>
    public StepShape Shape
    {
        get => _shape;
        set => _shape = value;
    }

    /// <inheritdoc cref="StepShape.Rows"/>
    public int Rows
    {
        get => _shape.Rows;
        set => _shape = _shape with { Rows = value };
    }

    /// <inheritdoc cref="StepShape.Number"/>
    public long Number
    {
        get => _shape.Number;
        set => _shape = _shape with { Number = value };
    }

    /// <inheritdoc cref="StepShape.Position"/>
    public int? Position
    {
        get => _shape.Position;
        set => _shape = _shape with { Position = value };
    }

    /// <summary>What enters the first block, <c>[Rows, boundary]</c>.</summary>
    public ReadOnlyMemory<float> Input { get; set; }

    /// <summary>
    /// Receives what leaves the last block, <c>[Rows, boundary]</c>; where <see cref="EveryBlock"/>, what leaves each, <c>[blocks, Rows,
    /// boundary]</c>.
    /// </summary>
    public Memory<float> Output { get; set; }

    /// <inheritdoc cref="StepShape.EveryBlock"/>
    public bool EveryBlock
    {
        get => _shape.EveryBlock;
        set => _shape = _shape with { EveryBlock = value };
    }

    /// <inheritdoc cref="StepShape.HasVerdict"/>
    public bool HasVerdict
    {
        get => _shape.HasVerdict;
        set => _shape = _shape with { HasVerdict = value };
    }

    /// <inheritdoc cref="StepShape.Keep"/>
    public ReadOnlyMemory<int> Keep
    {
        get => _shape.Keep;
        set => _shape = _shape with { Keep = value };
    }

    /// <inheritdoc cref="StepShape.IsScratch"/>
    public bool IsScratch
    {
        get => _shape.IsScratch;
        set => _shape = _shape with { IsScratch = value };
    }

    /// <inheritdoc cref="StepShape.Parents"/>
    public ReadOnlyMemory<int> Parents
    {
        get => _shape.Parents;
        set => _shape = _shape with { Parents = value };
    }

    /// <summary>
    /// Added to the first rows before each block, <c>[blocks, PromptRows, boundary]</c>: deep prompts. From one block's to the next there
    /// are
    /// <see cref="PromptStride"/> rows.
    /// </summary>
    /// <value>empty</value>
    public ReadOnlyMemory<float> Prompts { get; set; }

    /// <summary>
    /// Rows from one block's prompts to the next one's: more than <see cref="PromptRows"/> where the step is a slice of another.
    /// </summary>
    /// <value><see cref="PromptRows"/></value>
    public int PromptStride
    {
        get => _promptStride == 0 ? PromptRows : _promptStride;
        set => _promptStride = value;
    }

    /// <inheritdoc cref="StepShape.PromptRows"/>
    public int PromptRows
    {
        get => _shape.PromptRows;
        set => _shape = _shape with { PromptRows = value };
    }

    /// <summary>Values that <see cref="Output"/> must hold.</summary>
    /// <param name="blocks">Blocks of the session.</param>
    /// <param name="boundarySize">Width of a row.</param>
    public long OutputLength(int blocks, int boundarySize) => (long)(EveryBlock ? blocks : 1) * Rows * boundarySize;
}
