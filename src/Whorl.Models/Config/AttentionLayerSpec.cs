using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>An attention layer: projections, norms on queries and keys, rotation, the attention itself.</summary>
/// <remarks>Roles of its weights: <c>query, key, value, output</c>, and those that its options name.</remarks>
public sealed record AttentionLayerSpec : MixerSpec
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of one query, key and value head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Rotary embedding, or null for none.</summary>
    public RopeSpec? Rope { get; init; }

    /// <summary>Multiplies the scores.</summary>
    /// <value>Default null: HeadSize^-½.</value>
    public float? Scale { get; init; }

    /// <summary>Sliding window in positions, the query's own included; 0 for none.</summary>
    public int Window { get; init; }

    /// <summary>Soft cap on the scores; 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>ALiBi slopes, one a head, or null.</summary>
    public IReadOnlyList<float>? AlibiSlopes { get; init; }

    /// <summary>Falcon's form of ALiBi; see <see cref="AttentionSpec.AlibiScaledInBFloat16"/>.</summary>
    public bool AlibiScaledInBFloat16 { get; init; }

    /// <summary>Norm of the queries (before rotation), or null. Its group is a head's width or 0 for the whole projection.</summary>
    public NormSpec? QueryNorm { get; init; }

    /// <summary>Norm of the keys, as <see cref="QueryNorm"/>.</summary>
    public NormSpec? KeyNorm { get; init; }

    /// <summary>Queries, keys and values are limited to ± this after the norms; 0 for none.</summary>
    public float ClipQueryKeyValue { get; init; }

    /// <summary>Norm between the attention and its output projection (BitNet), or null.</summary>
    public NormSpec? OutputNorm { get; init; }

    /// <summary>Whether the inputs of the projections are rounded to 8 bits (BitNet).</summary>
    public bool RoundInputs { get; init; }

    /// <summary>Whether the query, key and value projections have biases.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>Whether the output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Rows of a fused projection that holds all queries, then all keys, then all values.</summary>
    public (string Role, RowOrder Rows)[] FusedRows() =>
        RowOrder.InTurn((Role.Query, Heads * HeadSize), (Role.Key, KeyValueHeads * HeadSize), (Role.Value, KeyValueHeads * HeadSize));

    /// <summary>Rows of a fused projection that holds, for each key head, its queries, then its key, then its value.</summary>
    public (string Role, RowOrder Rows)[] FusedRowsByGroup()
    {
        int queries = Heads / KeyValueHeads * HeadSize, all = queries + (2 * HeadSize);
        return
        [
            (Role.Query, new RowOrder(KeyValueHeads, all, 0, queries)),
            (Role.Key, new RowOrder(KeyValueHeads, all, queries, HeadSize)),
            (Role.Value, new RowOrder(KeyValueHeads, all, queries + HeadSize, HeadSize)),
        ];
    }

    /// <summary>
    /// Rank of terms of the checkpoint's own that are added to queries, keys and values (roles <c>query_adapter_down</c> …); 0 for none.
    /// </summary>
    public int AdapterRank { get; init; }

    internal override RopeScaling Scaling => Rope?.Scaling ?? RopeScaling.None;

    /// <summary>Whether there is one extra logit a head (role <c>sinks</c>) that takes part in the softmax.</summary>
    public bool HasSinks { get; init; }

    /// <inheritdoc/>
    internal override long CacheBytes(int tokens) => KeyValueBytes(KeyValueHeads, HeadSize, HeadSize, tokens);
}
