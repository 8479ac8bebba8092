namespace Whorl.Protocol.Messages;

/// <summary>How the elements of a tensor are written on the wire; the numbers are hivemind's.</summary>
public enum TensorCompression
{
    /// <summary>As they are: exact. Petals' default everywhere.</summary>
    None = 0,

    /// <summary>Scaled to mean 0 and deviation 1 along the last axis, then 16-bit floats; lossy.</summary>
    MeanStd16Bit = 1,

    /// <summary>16-bit floats, clamped to their range; lossy.</summary>
    Float16 = 2,

    /// <summary>8-bit indices into the means of 256 quantiles; lossy.</summary>
    Quantile8Bit = 3,

    /// <summary>8-bit indices into the means of 256 equal steps over six deviations; lossy.</summary>
    Uniform8Bit = 4,

    /// <summary>8-bit indices into a fixed dynamic map, scaled by the largest magnitude of each block of 4096; lossy.</summary>
    Blockwise8Bit = 5,
}
