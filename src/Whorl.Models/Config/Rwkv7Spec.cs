namespace Whorl.Models;

/// <summary>RWKV-7's time mixing. Source: Peng et al., arXiv:2503.14456, section 4.</summary>
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
}
