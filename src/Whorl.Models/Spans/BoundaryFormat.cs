namespace Whorl.Models;

/// <summary>How hidden states are rounded at every block boundary, remote or not; part of what makes two runs the same bytes.</summary>
public enum BoundaryFormat
{
    /// <summary>Not at all.</summary>
    F32,

    /// <summary>To bfloat16, half to even.</summary>
    BF16,
}
