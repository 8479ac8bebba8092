namespace Whorl.Models;

/// <summary>A Mamba-2 mixer. Source: Dao and Gu, arXiv:2405.21060.</summary>
/// <remarks>
/// <c>z, xBC, Δ = split(in(u)); x, B, C = split(silu(conv(xBC))); Δ ← softplus(Δ + b); y = scan(x, Δ, A, B, C) + D·x; out(norm(y ·
/// silu(z)))</c>. Roles of its weights: <c>scan_gate</c> (to z), <c>scan_mixed</c> (to xBC), <c>step</c> (to Δ), <c>convolution,
/// step_bias</c>, <c>scan_rates</c> (A) or <c>scan_rates_log</c>, <c>scan_direct</c> (D), <c>scan_output</c>.
/// </remarks>
public sealed record Mamba2Spec : MixerSpec
{
    /// <summary>Heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Channels of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Elements of a channel's state, N.</summary>
    public required int StateSize { get; init; }

    /// <summary>Groups of heads that share B and C.</summary>
    public required int Groups { get; init; }

    /// <summary>Taps of the convolution, K.</summary>
    public required int Taps { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    /// <value>Default true.</value>
    public bool ConvolutionBias { get; init; } = true;

    /// <summary>Whether the first and the last projection have biases.</summary>
    public bool ProjectionBias { get; init; }

    /// <summary>Limits of the step size Δ.</summary>
    /// <value>Default 0 to infinity: none.</value>
    public (float Least, float Greatest) StepLimits { get; init; } = (0, float.PositiveInfinity);

    /// <summary>Norm of the gated result.</summary>
    public required NormSpec OutputNorm { get; init; }

    /// <summary>Width inside.</summary>
    public int Channels => Heads * HeadSize;

    /// <summary>Channels of the convolution: x, B and C.</summary>
    public int MixedChannels => Channels + (2 * Groups * StateSize);

    /// <inheritdoc/>
    internal override long CacheBytes(int tokens) => 4L * (((Taps - 1L) * MixedChannels) + ((long)Channels * StateSize));
}
