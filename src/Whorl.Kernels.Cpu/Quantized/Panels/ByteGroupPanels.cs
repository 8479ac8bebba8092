using System.Runtime.CompilerServices;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// Every other quantised type: a block is, for each of its groups, <c>[32]</c> f32 scales and, where there are, <c>[32]</c> f32 minimums, then the codes in 8 bits.
/// </summary>
internal sealed unsafe class ByteGroupPanels(ElementType type, GroupForm form) : QuantisedPanels
{
    private readonly ElementTypeInfo _info = ElementTypes.Info(type);

    public override PanelKind Kind => form.Size == 32
        ? form.HasMinimum ? PanelKind.ByteGroups32Minimum : PanelKind.ByteGroups32
        : form.HasMinimum ? PanelKind.ByteGroups16Minimum : PanelKind.ByteGroups16;

    public override int GroupSize => form.Size;

    public override bool HasMinimum => form.HasMinimum;

    public override bool IsNibbles => false;

    public override int Bias => 128;

    /// <summary>Bytes of a block.</summary>
    public int BlockBytes => BytesOf(32 / form.Size, form.HasMinimum);

    /// <summary>Bytes of a block with that many groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BytesOf(int groups, bool hasMinimum) => (groups * GroupBytes(hasMinimum)) + ByteBlock;

    /// <summary>Bytes of a group's scales and minimums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int GroupBytes(bool hasMinimum) => (hasMinimum ? 8 : 4) * Lanes;

    public override long PanelBytes(int columns) => columns / 32 * (long)BlockBytes;

    public override byte* Codes(byte* panel, int block) => panel + ((block + 1) * (long)BlockBytes) - ByteBlock;

    public override float Scale(byte* panel, int lane, int group) => Field(panel, group)[lane];

    public override float Minimum(byte* panel, int lane, int group) => HasMinimum ? Field(panel, group)[Lanes + lane] : 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        int size = _info.BlockSize, groups = size / form.Size;
        sbyte* codes = stackalloc sbyte[size];
        Span<float> scales = stackalloc float[groups], minimums = stackalloc float[groups];
        for (int b = 0; b < columns / size; b++)
        {
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b * (long)_info.BlockBytes);
                form.Decode(new ReadOnlySpan<byte>(from, _info.BlockBytes), new Span<sbyte>(codes, size), scales, minimums);
                for (int g = 0; g < groups; g++)
                {
                    float* field = Field(panel, (b * groups) + g);
                    field[lane] = scales[g];
                    if (HasMinimum)
                    {
                        field[Lanes + lane] = minimums[g];
                    }
                }

                for (int i = 0; i < size; i += 32)
                {
                    WriteBytes(Codes(panel, ((b * size) + i) / 32), lane, (byte*)codes + i);
                }
            }
        }

        return true;
    }

    private float* Field(byte* panel, int group)
    {
        int groups = 32 / form.Size;
        return (float*)(panel + (group / groups * (long)BlockBytes) + (group % groups * GroupBytes(HasMinimum)));
    }
}
