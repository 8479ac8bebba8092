namespace Whorl.Models;

/// <summary>MXFP4 as gpt-oss's checkpoints hold it, brought into ggml's blocks: the same values, other places.</summary>
/// <remarks>
/// There: for each run of 32 values 16 bytes, of which byte j holds value 2j in its low and 2j + 1 in its high half; scales stand in a
/// tensor of their own. Here: the scale, then 16 bytes, of which byte j holds value j in its low and j + 16 in its high half. Source: OCP
/// Microscaling Formats 1.0; gpt-oss's torch/weights.py; ggml-quants.c.
/// </remarks>
internal static class MicroscaledBlocks
{
    /// <summary>Values of a block.</summary>
    public const int Values = 32;

    private const int Codes = 16; // bytes of a block without its scale

    /// <summary>Rows of ggml's blocks.</summary>
    /// <param name="codes">16 bytes a block, row after row.</param>
    /// <param name="scales">A byte a block.</param>
    /// <param name="order">Which rows, in what order.</param>
    /// <param name="blocks">Blocks of a row.</param>
    public static byte[] Rows(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> scales, RowOrder order, int blocks)
    {
        byte[] rows = new byte[checked(order.Rows * blocks * (Codes + 1))];
        Span<byte> rest = rows;
        for (int row = 0; row < order.Rows; row++)
        {
            for (int block = 0; block < blocks; block++)
            {
                int source = (order.Source(row) * blocks) + block;
                rest[0] = scales[source];
                Rearrange(codes.Slice(source * Codes, Codes), rest[1..(Codes + 1)]);
                rest = rest[(Codes + 1)..];
            }
        }

        return rows;
    }

    private static void Rearrange(ReadOnlySpan<byte> neighbours, Span<byte> halves)
    {
        for (int j = 0; j < Codes; j++)
        {
            halves[j] = (byte)(Code(neighbours, j) | (Code(neighbours, j + Codes) << 4));
        }

        static int Code(ReadOnlySpan<byte> codes, int value) => value % 2 == 0 ? codes[value / 2] & 15 : codes[value / 2] >> 4;
    }
}
