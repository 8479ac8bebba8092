using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Ops.Linear;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Integer codes in blocks of 32 columns, with a scale and perhaps a minimum for each row and group.</summary>
/// <remarks>
/// Codes are kept without sign, <see cref="Bias"/> too large. A 4-bit block is <c>[4][32]</c> words: word j of a row holds the codes of columns 8j..8j+3 in
/// its bytes' low halves and of 8j+4..8j+7 in the high ones. An 8-bit block is <c>[8][32]</c> words: word j holds columns 4j..4j+3.
/// </remarks>
internal abstract unsafe class QuantisedPanels : PanelLayout
{
    /// <summary>Bytes of a 4-bit block's codes.</summary>
    public const int NibbleBlock = 16 * Lanes;

    /// <summary>Bytes of an 8-bit block's codes.</summary>
    public const int ByteBlock = 32 * Lanes;

    public override bool IsQuantised => true;

    /// <summary>Columns of a group: 16 or 32.</summary>
    public virtual int GroupSize => 32;

    /// <summary>Whether a group has a minimum.</summary>
    public abstract bool HasMinimum { get; }

    /// <summary>Whether codes take 4 bits.</summary>
    public abstract bool IsNibbles { get; }

    /// <summary>What was added to each code.</summary>
    public abstract int Bias { get; }

    /// <summary>Start of a block's codes.</summary>
    public abstract byte* Codes(byte* panel, int block);

    /// <summary>A group's scale.</summary>
    public abstract float Scale(byte* panel, int lane, int group);

    /// <summary>A group's minimum; 0 where there is none.</summary>
    public virtual float Minimum(byte* panel, int lane, int group) => 0;

    public override void Expand(byte* panel, int lane, Span<float> values)
    {
        Span<sbyte> codes = stackalloc sbyte[GroupSize];
        for (int k = 0, group = 0; k < values.Length; k += GroupSize, group++)
        {
            ReadGroup(panel, lane, group, codes);
            float? minimum = HasMinimum ? Minimum(panel, lane, group) : null;
            LinearDefinition.Expand(codes, Scale(panel, lane, group), minimum, values.Slice(k, GroupSize));
        }
    }

    /// <summary>One group's signed codes of one row.</summary>
    public void ReadGroup(byte* panel, int lane, int group, Span<sbyte> codes)
    {
        int first = group * GroupSize;
        byte* block = Codes(panel, first / 32) + (lane * 4);
        for (int i = 0; i < codes.Length; i++)
        {
            int k = (first + i) % 32;
            int code = IsNibbles ? (block[(k / 8 * 4 * Lanes) + (k % 4)] >> (k % 8 / 4 * 4)) & 15 : block[(k / 4 * 4 * Lanes) + (k % 4)];
            codes[i] = (sbyte)(code - Bias);
        }
    }

    /// <summary>Puts a row's codes of columns 8·word to 8·word + 7, one a byte, into a 4-bit block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static void WriteNibbles(byte* block, int lane, int word, ulong eightCodes) =>
        ((uint*)block)[(word * Lanes) + lane] = (uint)eightCodes | (uint)(eightCodes >> 32 << 4);

    /// <summary>Puts a row's 32 signed codes into an 8-bit block, with a bias of 128.</summary>
    protected static void WriteBytes(byte* block, int lane, byte* codes)
    {
        for (int j = 0; j < 8; j++)
        {
            ((uint*)block)[(j * Lanes) + lane] = Unsafe.ReadUnaligned<uint>(codes + (4 * j)) ^ 0x8080_8080;
        }
    }
}
