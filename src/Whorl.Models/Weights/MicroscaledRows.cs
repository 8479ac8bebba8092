using System.Buffers;

namespace Whorl.Models;

/// <summary>MXFP4 as gpt-oss's checkpoints hold it, brought into ggml's blocks: the same values, other places.</summary>
/// <remarks>
/// There: for each run of 32 values 16 bytes, of which byte j holds value 2j in its low and 2j + 1 in its high half; scales stand in a
/// tensor of their own. Here: the scale, then 16 bytes, of which byte j holds value j in its low and j + 16 in its high half. Source: OCP
/// Microscaling Formats 1.0; gpt-oss's torch/weights.py; ggml-quants.c.
/// </remarks>
/// <param name="codes">16 bytes a block, row after row.</param>
/// <param name="scales">A byte a block.</param>
/// <param name="order">Which rows, in what order.</param>
/// <param name="blocks">Blocks of a row.</param>
internal sealed class MicroscaledRows(StoredSlice codes, StoredSlice scales, RowOrder order, int blocks)
{
    /// <summary>Values of a block.</summary>
    public const int Values = 32;

    /// <summary>Bytes of a block without its scale.</summary>
    public const int Codes = 16;

    /// <summary>Gives rows of ggml's blocks; see <see cref="Tensors.RowReader"/>.</summary>
    public void Read(int first, Span<byte> rows)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(blocks * (Codes + 1));
        try
        {
            Span<byte> rowCodes = rented.AsSpan(0, blocks * Codes), rowScales = rented.AsSpan(blocks * Codes, blocks);
            for (int row = first; !rows.IsEmpty; row++)
            {
                long source = (long)order.Source(row) * blocks;
                codes.Read(source * Codes, rowCodes);
                scales.Read(source, rowScales);
                for (int block = 0; block < blocks; block++, rows = rows[(Codes + 1)..])
                {
                    rows[0] = rowScales[block];
                    Rearrange(rowCodes.Slice(block * Codes, Codes), rows[1..(Codes + 1)]);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
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
