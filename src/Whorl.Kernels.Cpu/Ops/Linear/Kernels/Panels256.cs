using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Where a quantised layout keeps things, for 256-bit kernels; lane = output.</summary>
internal unsafe interface IQuantised256
{
    /// <summary>Columns of a group are 16 rather than 32.</summary>
    static abstract bool HalfGroups { get; }

    static abstract bool HasMinimum { get; }

    /// <summary>Whether the codes are 8 too large (else not at all, in 4-bit layouts).</summary>
    static abstract bool IsBiased { get; }

    static abstract byte* Codes(byte* panel, int block);

    static abstract Vector256<float> Scale(byte* panel, int block, int group, int part);

    static abstract Vector256<float> Minimum(byte* panel, int block, int group, int part);
}

/// <summary>A float layout, two columns at a time.</summary>
internal unsafe interface IFloat256
{
    static abstract int PairBytes { get; }

    static abstract void Load(byte* pair, int part, out Vector256<float> even, out Vector256<float> odd);
}

/// <summary>Two f16 to a lane, widened exactly (subnormals too; infinities and NaN excepted).</summary>
internal static class Half256
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Low(Vector256<int> pairs) => High(pairs << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> High(Vector256<int> pairs) =>
        ((pairs >> 3) & Vector256.Create(unchecked((int)0x8fff_e000))).AsSingle() * Vector256.Create(5.192296858534828e33f); // 2^112
}

internal readonly unsafe struct F32x256 : IFloat256
{
    public static int PairBytes => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* pair, int part, out Vector256<float> even, out Vector256<float> odd) =>
        (even, odd) = (Vector256.Load((float*)pair + (part * 8)), Vector256.Load((float*)pair + 16 + (part * 8)));
}

internal readonly unsafe struct BF16x256 : IFloat256
{
    public static int PairBytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* pair, int part, out Vector256<float> even, out Vector256<float> odd)
    {
        Vector256<int> bits = Vector256.Load((int*)pair + (part * 8));
        even = (bits << 16).AsSingle();
        odd = (bits & Vector256.Create(unchecked((int)0xffff_0000))).AsSingle();
    }
}

internal readonly unsafe struct F16x256 : IFloat256
{
    public static int PairBytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* pair, int part, out Vector256<float> even, out Vector256<float> odd)
    {
        Vector256<int> bits = Vector256.Load((int*)pair + (part * 8));
        even = Half256.Low(bits);
        odd = Half256.High(bits);
    }
}

/// <summary><see cref="NibblePanels"/>.</summary>
internal readonly unsafe struct Nibbles256 : IQuantised256
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => false;

    public static bool IsBiased => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)(block >> 1) * NibblePanels.PairBytes) + 64 + ((block & 1) * 256);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* panel, int block, int group, int part) =>
        Half256.High(Vector256.Load((int*)(panel + ((nint)(block >> 1) * NibblePanels.PairBytes)) + (part * 8)) << (16 * (~block & 1)));

    public static Vector256<float> Minimum(byte* panel, int block, int group, int part) => default;
}

/// <summary><see cref="NibbleMinimumPanels"/>.</summary>
internal readonly unsafe struct NibbleMinimums256 : IQuantised256
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static bool IsBiased => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)block * NibbleMinimumPanels.BlockBytes) + 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* panel, int block, int group, int part) =>
        Half256.Low(Vector256.Load((int*)(panel + ((nint)block * NibbleMinimumPanels.BlockBytes)) + (part * 8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minimum(byte* panel, int block, int group, int part) =>
        Half256.High(Vector256.Load((int*)(panel + ((nint)block * NibbleMinimumPanels.BlockBytes)) + (part * 8)));
}

/// <summary><see cref="SuperblockNibblePanels"/>.</summary>
internal readonly unsafe struct SuperblockNibbles256 : IQuantised256
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static bool IsBiased => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => Superblock(panel, block) + 320 + ((block & 7) * 256);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* panel, int block, int group, int part) =>
        Half256.Low(Vector256.Load((int*)Superblock(panel, block) + (part * 8))) * Vector256.ConvertToSingle(SixBits(panel, block, part) & Vector256.Create(255));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minimum(byte* panel, int block, int group, int part) =>
        -(Half256.High(Vector256.Load((int*)Superblock(panel, block) + (part * 8))) * Vector256.ConvertToSingle(SixBits(panel, block, part) >>> 8));

    private static byte* Superblock(byte* panel, int block) => panel + ((nint)(block >> 3) * SuperblockNibblePanels.SuperblockBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> SixBits(byte* panel, int block, int part) =>
        Avx2.ConvertToVector256Int32((ushort*)(Superblock(panel, block) + 64 + ((block & 7) * 32)) + (part * 8));
}

/// <summary><see cref="BytePanels"/>.</summary>
internal readonly unsafe struct Bytes256 : IQuantised256
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => false;

    public static bool IsBiased => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)(block >> 1) * BytePanels.PairBytes) + 64 + ((block & 1) * 512);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* panel, int block, int group, int part) =>
        Half256.High(Vector256.Load((int*)(panel + ((nint)(block >> 1) * BytePanels.PairBytes)) + (part * 8)) << (16 * (~block & 1)));

    public static Vector256<float> Minimum(byte* panel, int block, int group, int part) => default;
}

/// <summary><see cref="ByteGroupPanels"/>.</summary>
/// <typeparam name="TShape">Groups and minimums.</typeparam>
internal readonly unsafe struct ByteGroups256<TShape> : IQuantised256
    where TShape : IGroupShape
{
    public static bool HalfGroups => TShape.HalfGroups;

    public static bool HasMinimum => TShape.HasMinimum;

    public static bool IsBiased => true;

    private static int BlockBytes => ByteGroupPanels.BytesOf(TShape.HalfGroups ? 2 : 1, TShape.HasMinimum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)(block + 1) * BlockBytes) - 512;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* panel, int block, int group, int part) => Vector256.Load(Group(panel, block, group) + (part * 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minimum(byte* panel, int block, int group, int part) => Vector256.Load(Group(panel, block, group) + 16 + (part * 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Group(byte* panel, int block, int group) =>
        (float*)(panel + ((nint)block * BlockBytes)) + (group * (TShape.HasMinimum ? 32 : 16));
}
