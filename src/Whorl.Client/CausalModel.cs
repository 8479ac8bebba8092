using Whorl.Generation;
using Whorl.Models;

namespace Whorl.Client;

/// <summary>A model whose ends are here and whose blocks are wherever a span has them.</summary>
/// <param name="model">The model; its headers say how long texts may be.</param>
/// <param name="ends">Embeddings and head.</param>
/// <param name="span">All blocks.</param>
public sealed class CausalModel(ModelSource model, ModelEnds ends, IBlockSpan span) : ICausalModel
{
    /// <inheritdoc/>
    public int VocabularySize => ends.VocabularySize;

    /// <inheritdoc/>
    public int? ContextLength => model.Spec.LongestText;

    /// <summary>Number of blocks.</summary>
    public int Blocks => model.Spec.Blocks.Count;

    /// <inheritdoc cref="BlockSessionOptions.PrefixScope"/>
    public ReadOnlyMemory<byte> PrefixScope { get; init; }

    internal ModelEnds Ends => ends;

    /// <inheritdoc/>
    public async ValueTask<ICausalSession> OpenAsync(int maxLength, int maxScratch, CancellationToken cancellationToken) =>
        await OpenSessionAsync(maxLength, maxScratch, cancellationToken);

    /// <summary>Opens a session that also tells who computes.</summary>
    /// <inheritdoc cref="ICausalModel.OpenAsync"/>
    public async ValueTask<CausalSession> OpenSessionAsync(int maxLength, int maxScratch, CancellationToken cancellationToken) =>
        new(this, await OpenBlocksAsync(maxLength, maxScratch, cancellationToken));

    /// <summary>Opens a session on the blocks alone: hidden states in, hidden states out.</summary>
    /// <inheritdoc cref="ICausalModel.OpenAsync"/>
    public ValueTask<IBlockSession> OpenBlocksAsync(int maxLength, int maxScratch, CancellationToken cancellationToken) =>
        span.OpenAsync(new BlockSessionOptions(new BlockRange(0, Blocks - 1), maxLength, maxScratch) { PrefixScope = PrefixScope }, cancellationToken);
}
