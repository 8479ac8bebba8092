namespace Whorl.Tensors;

/// <summary>Gives rows of a matrix where they are asked for, so that a matrix of any size is packed with little memory beside it.</summary>
/// <param name="first">The first row.</param>
/// <param name="rows">Filled whole with the checkpoint's bytes of consecutive rows.</param>
/// <remarks>Called by several threads at once, about in the order of the rows.</remarks>
public delegate void RowReader(int first, Span<byte> rows);
