using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// Q4_K: 256 columns are <c>[32]</c> f32 d, <c>[32]</c> f32 -dmin, <c>[8][32]</c> pairs of 6-bit scale and minimum in bytes, then eight
/// blocks' codes.
/// </summary>
internal readonly unsafe struct SuperblockNibblePanel : IQuantisedPanel
{
    private const int SixBitsAt = 2 * 4 * PanelLayout.Lanes;
    private const int SixBitsBlock = 2 * PanelLayout.Lanes;
    private const int CodesAt = SixBitsAt + (8 * SixBitsBlock);
    private const int SuperblockBytes = CodesAt + (8 * QuantisedPanels.NibbleBlock);

    public static bool IsNibbles => true;

    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static int Bias => 0;

    public static int FieldBytes => CodesAt / 8;

    public static int BlocksAField => 8;

    public static long PanelBytes(int columns) => columns / 256 * (long)SuperblockBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => Fields(panel, block, 0) + CodesAt + ((block & 7) * QuantisedPanels.NibbleBlock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) => panel + ((nint)(block >> 3) * SuperblockBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadScales<TRegister>(byte* panel, int block, int group, int part, out TRegister scale, out TRegister minimum)
        where TRegister : unmanaged, IRegister<TRegister>
    {
        float* fields = (float*)Fields(panel, block, group) + (part * TRegister.Lanes);
        TRegister bytes = TRegister.LoadUInt16((ushort*)SixBits(panel, block) + (part * TRegister.Lanes));
        scale = TRegister.MultiplySingle(TRegister.Load(fields), TRegister.ToSingle(bytes & TRegister.Broadcast(255)));
        minimum = TRegister.MultiplySingle(TRegister.Load(fields + PanelLayout.Lanes), TRegister.ToSingle(bytes >>> 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryPack(BlockGroups groups, byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        for (int b = 0; b < columns / 32; b += 8)
        {
            var d = (float*)Fields(panel, b, 0);
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b / 8 * 144L);
                d[lane] = (float)((Half*)from)[0];
                d[PanelLayout.Lanes + lane] = -(float)((Half*)from)[1];
                var block = new ReadOnlySpan<byte>(from, 144);
                for (int g = 0; g < 8; g++)
                {
                    (int scale, int minimum) = SixBitScales.Codes(block, g);
                    ((ushort*)SixBits(panel, b + g))[lane] = (ushort)(scale | (minimum << 8));
                    PanelCodes.WriteHalves(Codes(panel, b + g), lane, from + SixBitScales.HeadBytes + (g / 2 * 32), g % 2 * 4);
                }
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* SixBits(byte* panel, int block) => Fields(panel, block, 0) + SixBitsAt + ((block & 7) * SixBitsBlock);
}
