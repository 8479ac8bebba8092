namespace Whorl.Models;

/// <summary>
/// How a checkpoint holds linear layers whose weights are -1, 0 and 1 times one scale (BitNet). Source: transformers'
/// integrations/bitnet.py.
/// </summary>
public enum TernaryForm
{
    /// <summary>Four a byte, to be multiplied by <c>weight_scale</c> ("autobitlinear", offline).</summary>
    PackedMultiplied,

    /// <summary>Four a byte, to be divided by <c>weight_scale</c> ("bitlinear").</summary>
    PackedDivided,

    /// <summary>As the numbers they were trained as, to be rounded by the mean of their magnitudes ("autobitlinear", online).</summary>
    Rounded,
}
