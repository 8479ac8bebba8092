namespace Whorl.Tensors;

/// <summary>In what form activations meet quantised weights; part of what makes two runs the same bytes.</summary>
public enum ActivationFormat
{
    /// <summary>
    /// Rounded, per row in blocks of 32, to 8 bits: integer dot products, fast. Against float weights nothing is rounded.
    /// </summary>
    Q8,

    /// <summary>Nothing is rounded: the weights are expanded exactly to float32. The reference's own tokens.</summary>
    F32,
}
