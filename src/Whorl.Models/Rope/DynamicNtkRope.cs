using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A base that grows with the session's declared length L beyond the trained one: θ · (sL/L₀ - (s - 1))^(d/(d-2)).</summary>
/// <param name="Scale">s.</param>
/// <param name="TrainedLength">L₀ in tokens.</param>
public sealed record DynamicNtkRope(double Scale, int TrainedLength) : RopeScaling
{
    /// <inheritdoc/>
    public override bool DependsOnSessionLength => true;

    /// <inheritdoc/>
    public override int EqualLength(int maxLength) => Math.Max(maxLength, TrainedLength);

    /// <inheritdoc/>
    public override double LongestText(int contextLength) => contextLength * Scale;

    /// <inheritdoc/>
    public override double Theta(double theta, int dimensions, int maxLength) =>
        theta * PortableMath.Pow(
            (Scale * Math.Max(maxLength, TrainedLength) / TrainedLength) - (Scale - 1),
            dimensions / (dimensions - 2.0));
}
