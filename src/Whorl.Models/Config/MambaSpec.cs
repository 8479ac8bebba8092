namespace Whorl.Models;

/// <summary>A Mamba-1 mixer. Source: Gu and Dao, arXiv:2312.00752.</summary>
/// <remarks>
/// <c>x, z = split(in(u)); x ← silu(conv(x)); Δ, B, C = split(p(x)); Δ ← softplus(dt(Δ) + b); y = scan(x, Δ, A, B, C) + D·x; out(y ·
/// silu(z))</c>. Roles of its weights: <c>scan_input</c> (to x), <c>scan_gate</c> (to z), <c>convolution, step_low, scan_b, scan_c</c> (the
/// parts of p), <c>step</c> (dt), <c>scan_rates</c> (A) or <c>scan_rates_log</c>, <c>scan_direct</c> (D), <c>scan_output</c>.
/// </remarks>
public sealed record MambaSpec : MixerSpec
{
    /// <summary>Width inside.</summary>
    public required int Channels { get; init; }

    /// <summary>Elements of a channel's state, N.</summary>
    public required int StateSize { get; init; }

    /// <summary>Rank of the step size's projection.</summary>
    public required int StepRank { get; init; }

    /// <summary>Taps of the convolution, K.</summary>
    public required int Taps { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    /// <value>Default true.</value>
    public bool ConvolutionBias { get; init; } = true;

    /// <summary>Whether the first and the last projection have biases.</summary>
    public bool ProjectionBias { get; init; }

    /// <summary>Norm of Δ before its projection, or null.</summary>
    public NormSpec? StepNorm { get; init; }

    /// <summary>Norm of B, or null.</summary>
    public NormSpec? InputNorm { get; init; }

    /// <summary>Norm of C, or null.</summary>
    public NormSpec? OutputNorm { get; init; }

    /// <inheritdoc/>
    internal override long CacheBytes(int tokens) => 4L * Channels * (Taps - 1 + StateSize);
}
