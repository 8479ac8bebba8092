using Whorl.Models;

namespace Whorl;

/// <summary>What of a model is needed here: of a model of the hub no more is fetched.</summary>
internal sealed record ModelPart
{
    private readonly Func<CheckpointParts, string, bool>? _isWanted;
    private readonly BlockRange? _blocks;

    private ModelPart(string name, Func<CheckpointParts, string, bool>? isWanted, BlockRange? blocks = null) =>
        (Name, _isWanted, _blocks) = (name, isWanted, blocks);

    /// <summary>All of it.</summary>
    public static ModelPart Whole { get; } = new("whole", isWanted: null);

    /// <summary>Configuration, tokenizer, and name, type and shape of every tensor, but no weights.</summary>
    public static ModelPart Headers { get; } = new("headers", isWanted: null);

    /// <summary>The tokenizer, wherever the model has it.</summary>
    public static ModelPart Tokenizer { get; } = new("tokenizer", isWanted: null);

    /// <summary>Embeddings and head: what a client of servers computes.</summary>
    public static ModelPart Ends { get; } = new("ends", (parts, tensor) => parts.IsOfEnds(tensor));

    /// <summary>What it is called, as a folder's name can be.</summary>
    public string Name { get; }

    /// <summary>The blocks of a range.</summary>
    public static ModelPart Blocks(BlockRange range) =>
        new($"blocks {range}", (parts, tensor) => parts.IsOfBlocks(tensor, range), range);

    /// <summary>Which tensors the part has; null for none.</summary>
    /// <exception cref="WhorlException">The model has not so many blocks.</exception>
    public Func<string, bool>? Tensors(CheckpointParts parts)
    {
        if (_blocks is { } range)
        {
            Require(range, parts.Blocks);
        }

        return _isWanted is null ? null : tensor => _isWanted(parts, tensor);
    }

    /// <summary>Refuses blocks that a model does not have.</summary>
    /// <exception cref="WhorlException">The range goes beyond its last block.</exception>
    public static void Require(BlockRange range, int blocks)
    {
        if (range.Last >= blocks)
        {
            throw new WhorlException($"the model has blocks 0..{blocks - 1}, not {range}");
        }
    }
}
