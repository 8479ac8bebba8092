using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// Every other quantised type: a block is, for each of its groups, <c>[32]</c> f32 scales and, where there are, <c>[32]</c> f32 minimums,
/// then the codes in 8 bits.
/// </summary>
/// <typeparam name="TGroups">Groups of a block: 1 or 2.</typeparam>
/// <typeparam name="TFields">Fields of a group: 1 for a scale, 2 with a minimum.</typeparam>
internal readonly unsafe struct ByteGroupPanel<TGroups, TFields> : IQuantisedPanel
    where TGroups : IConstant
    where TFields : IConstant
{
    public static bool IsNibbles => false;

    public static bool HalfGroups => TGroups.Value == 2;

    public static bool HasMinimum => TFields.Value == 2;

    public static int Bias => 128;

    public static int FieldBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TGroups.Value * GroupBytes;
    }

    public static int BlocksAField => 1;

    private static int GroupBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TFields.Value * 4 * PanelLayout.Lanes;
    }

    private static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => FieldBytes + QuantisedPanels.ByteBlock;
    }

    public static long PanelBytes(int columns) => columns / 32 * (long)BlockBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)block * BlockBytes) + FieldBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) => panel + ((nint)block * BlockBytes) + (group * GroupBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadScales<TRegister>(byte* panel, int block, int group, int part, out TRegister scale, out TRegister minimum)
        where TRegister : unmanaged, IRegister<TRegister>
    {
        float* fields = (float*)Fields(panel, block, group) + (part * TRegister.Lanes);
        scale = TRegister.Load(fields);
        minimum = HasMinimum ? TRegister.Load(fields + PanelLayout.Lanes) : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryPack(BlockGroups groups, byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        int size = groups.Elements, count = size / groups.Size;
        sbyte* codes = stackalloc sbyte[size];
        Span<float> scales = stackalloc float[count], minimums = stackalloc float[count];
        for (int b = 0; b < columns / size; b++)
        {
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b * (long)groups.Bytes);
                groups.Decode(new ReadOnlySpan<byte>(from, groups.Bytes), new Span<sbyte>(codes, size), scales, minimums);
                int first = b * count;
                for (int g = 0; g < count; g++)
                {
                    var field = (float*)Fields(panel, (first + g) / TGroups.Value, (first + g) % TGroups.Value);
                    field[lane] = scales[g];
                    if (HasMinimum)
                    {
                        field[PanelLayout.Lanes + lane] = minimums[g];
                    }
                }

                for (int i = 0; i < size; i += 32)
                {
                    PanelCodes.WriteBytes(Codes(panel, ((b * size) + i) / 32), lane, (byte*)codes + i);
                }
            }
        }

        return true;
    }
}
