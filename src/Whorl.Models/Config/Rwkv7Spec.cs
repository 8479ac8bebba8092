namespace Whorl.Models;

/// <summary>RWKV-7's time mixing. Source: Peng et al., arXiv:2503.14456, section 4.</summary>
/// <remarks>
/// Roles of its weights: <c>mix_receptance</c> … <c>mix_gate</c> (μ of r, w, k, v, a, g), <c>receptance, key, value, output</c>, the
/// low-rank
/// <c>decay, rate, value_mix, gate</c> (each with <c>_down</c> and <c>_up</c>, but for the gate also <c>_bias</c>), <c>removal_key</c> (ξ),
/// <c>key_rate</c> (α), <c>bonus</c> (ρ).
/// </remarks>
public sealed record Rwkv7Spec : MixerSpec
{
    /// <summary>Heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Rank of the decay's projection.</summary>
    public required int DecayRank { get; init; }

    /// <summary>Rank of the in-context learning rate's projection.</summary>
    public required int RateRank { get; init; }

    /// <summary>Rank of the projection that says how much of the first block's values is taken.</summary>
    public required int ValueRank { get; init; }

    /// <summary>Rank of the gate's projection.</summary>
    public required int GateRank { get; init; }

    /// <summary>Norm of each head's output.</summary>
    public required NormSpec HeadNorm { get; init; }

    /// <summary>Whether this is the first block, whose values go along to all the others.</summary>
    public bool IsFirst { get; init; }

    /// <inheritdoc/>
    internal override long CacheBytes(int tokens) => 4L * Heads * HeadSize * (1 + HeadSize);
}
