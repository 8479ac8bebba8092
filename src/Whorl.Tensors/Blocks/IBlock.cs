namespace Whorl.Tensors;

/// <summary>
/// The size of a block, as constants the compiler can fold; <see cref="ElementTypes"/> says the same, and a test compares them.
/// </summary>
internal interface IBlock
{
    /// <summary>Elements in a block.</summary>
    static abstract int Elements { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }
}
