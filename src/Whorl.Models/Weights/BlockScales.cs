namespace Whorl.Models;

/// <summary>
/// 8-bit float weights with a float32 scale for each block of 128 by 128. Source: DeepSeek-AI, arXiv:2412.19437, section 3.3.
/// </summary>
internal static class BlockScales
{
    /// <summary>What follows a weight's name in the name of its scales.</summary>
    public const string Suffix = "_scale_inv";

    /// <summary>Rows and columns of a block.</summary>
    public const int Size = 128;

    /// <summary>Blocks that cover so many rows or columns.</summary>
    public static long Blocks(long count) => (count + Size - 1) / Size;

    /// <summary>
    /// The values of e4m3 codes (the variant with NaN and without infinities). Source: Micikevicius et al., arXiv:2209.05433, table 1.
    /// </summary>
    public static void Expand(ReadOnlySpan<byte> codes, Span<float> values)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            int exponent = (codes[i] >> 3) & 15, fraction = codes[i] & 7;
            float magnitude = (codes[i] & 127) == 127 ? float.NaN
                : exponent == 0 ? MathF.ScaleB(fraction, -9)
                : MathF.ScaleB(8 + fraction, exponent - 10);
            values[i] = codes[i] < 128 ? magnitude : -magnitude;
        }
    }

    /// <summary>Multiplies a part of a row by its blocks' scales.</summary>
    /// <param name="values">The part.</param>
    /// <param name="row">The row's number in the whole matrix.</param>
    /// <param name="first">The part's first column.</param>
    /// <param name="columns">Columns of the whole matrix.</param>
    /// <param name="scales">Of the whole matrix, a row of blocks after another.</param>
    public static void Apply(Span<float> values, long row, int first, int columns, ReadOnlySpan<float> scales)
    {
        ReadOnlySpan<float> ofRow = scales.Slice(checked((int)(row / Size * Blocks(columns))), (int)Blocks(columns));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= ofRow[(first + i) / Size];
        }
    }
}
