namespace Whorl.Generation;

/// <summary>Which scratch tokens a session takes.</summary>
public enum ScratchShape
{
    /// <summary>None.</summary>
    None,

    /// <summary>Each must follow the one before it.</summary>
    Chains,

    /// <summary>Any parents.</summary>
    Trees,
}
