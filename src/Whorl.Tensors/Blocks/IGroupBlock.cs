namespace Whorl.Tensors;

/// <summary>
/// A block of integer codes in groups, of which each has a scale and perhaps a minimum: what <see cref="BlockGroups"/> says as a value.
/// </summary>
internal interface IGroupBlock : IBlock
{
    /// <summary>Elements of a group: 16 or 32.</summary>
    static abstract int GroupSize { get; }

    /// <summary>Whether a group has a minimum.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Takes one block apart; see <see cref="BlockGroups.Decoder"/>.</summary>
    static abstract void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums);
}
