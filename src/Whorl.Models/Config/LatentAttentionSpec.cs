namespace Whorl.Models;

/// <summary>
/// Multi-head latent attention: keys and values of all heads are linear images of one latent vector a token, and only that is remembered.
/// </summary>
/// <remarks>
/// A query head is <c>[plain | rotary]</c>. Its score with a token is <c>plain·(U_k latent) + rotary·key</c>, where U_k is the head's and
/// the rotary key is shared by all heads; its value is <c>U_v latent</c>. Source: DeepSeek-AI, arXiv:2405.04434, section 2.1. Roles of
/// its weights: <c>query_latent</c> (where there is one), <c>query_plain, query_rotary, latent, key_rotary</c>, <c>key_up, value_up</c>
/// (U, a slice a head; or, with the first transposed already, <c>key_up_split, value_up_split</c>), <c>output</c>.
/// </remarks>
public sealed record LatentAttentionSpec : MixerSpec
{
    /// <summary>Heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of the latent vector of keys and values.</summary>
    public required int LatentSize { get; init; }

    /// <summary>Width of the latent vector of queries; 0 where they are projected at once.</summary>
    public int QueryLatentSize { get; init; }

    /// <summary>Width of a head's query and key without position.</summary>
    public required int PlainSize { get; init; }

    /// <summary>Width of a head's query and of the shared key that turn.</summary>
    public required int RotarySize { get; init; }

    /// <summary>Width of a head's value.</summary>
    public required int ValueSize { get; init; }

    /// <summary>Rotary embedding.</summary>
    public required RopeSpec Rope { get; init; }

    /// <summary>Whether the checkpoint stores rotary pairs side by side.</summary>
    /// <value>Default true.</value>
    public bool PairedRotary { get; init; } = true;

    /// <summary>Multiplies the scores.</summary>
    public required float Scale { get; init; }

    /// <summary>Norm of the latent vector of queries.</summary>
    public required NormSpec QueryLatentNorm { get; init; }

    /// <summary>Norm of the latent vector of keys and values.</summary>
    public required NormSpec LatentNorm { get; init; }

    /// <summary>Whether the projections to the latent vectors and the output have biases.</summary>
    public bool Bias { get; init; }

    internal override RopeScaling Scaling => Rope.Scaling;

    /// <inheritdoc/>
    internal override long CacheBytes(int tokens) => KeyValueBytes(1, RotarySize + LatentSize, LatentSize, tokens);
}
