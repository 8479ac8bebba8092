namespace Whorl.Protobuf;

/// <summary>What one field of a protobuf message may hold.</summary>
/// <param name="Field">Its number.</param>
/// <param name="MaxCount">How often it may occur; for packed numbers, how many there may be in all.</param>
/// <param name="MaxBytes">The most bytes of one occurrence, where it is length-delimited.</param>
/// <param name="Packed">Whether it is a repeated varint, packed or not.</param>
/// <param name="IsText">Whether it must be UTF-8, which the generated parser does not insist on.</param>
/// <param name="Nested">The limits of the message that it holds, or null.</param>
internal sealed record FieldLimit(
    int Field, int MaxCount, int MaxBytes = int.MaxValue, bool Packed = false, bool IsText = false, FieldLimit[]? Nested = null);
