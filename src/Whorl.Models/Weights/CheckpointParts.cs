using Whorl.Formats;

namespace Whorl.Models;

/// <summary>Which tensors of a checkpoint belong to which part of the model, told by its configuration alone.</summary>
/// <remarks>So that whoever needs a part can fetch it without the rest.</remarks>
public sealed class CheckpointParts
{
    private readonly WeightMap _weights;

    private CheckpointParts(int blocks, WeightMap weights) => (Blocks, _weights) = (blocks, weights);

    /// <summary>How many blocks the model has.</summary>
    public int Blocks { get; }

    /// <summary>Reads a folder's config.json, or a GGUF file's header; weights need not be there.</summary>
    /// <param name="path">The folder, or the (first) GGUF file.</param>
    /// <exception cref="ModelFormatException">It is missing, of an unknown family, or not supported.</exception>
    public static CheckpointParts Read(string path)
    {
        if (!Directory.Exists(path))
        {
            using ModelSource gguf = ModelSource.Open(path);
            return new CheckpointParts(gguf.Spec.Blocks.Count, gguf.Weights);
        }

        ConfigReader config = new(ModelFolder.ReadConfig(path), Path.Combine(path, "config.json"));
        ModelFamily family = ModelFamily.Of(config.Text("model_type"), config.File);
        DecoderSpec spec = family.Read(config);
        return new CheckpointParts(spec.Blocks.Count, family.Weights(spec));
    }

    /// <summary>Whether blocks of a range read a tensor. Those that several blocks share go with each of them.</summary>
    public bool IsOfBlocks(string tensor, BlockRange range) =>
        IsShared(tensor) || Enumerable.Range(range.First, range.Count).Any(block => _weights.IsOfBlock(tensor, block));

    /// <summary>Whether a tensor lies outside all blocks: embeddings, final norm, head.</summary>
    public bool IsOfEnds(string tensor) => !_weights.IsOfOtherTower(tensor) && !IsOfBlocks(tensor, new BlockRange(0, Blocks - 1));

    private bool IsShared(string tensor) => _weights.SharedParts.Any(part => tensor.Contains(part, StringComparison.Ordinal));
}
