using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Where a quantised layout keeps things, for 512-bit kernels; lane = output.</summary>
internal unsafe interface IQuantised512
{
    /// <summary>Columns of a group are 16 rather than 32.</summary>
    static abstract bool HalfGroups { get; }

    static abstract bool HasMinimum { get; }

    /// <summary>Whether the codes are 8 too large (else not at all, in 4-bit layouts).</summary>
    static abstract bool IsBiased { get; }

    static abstract byte* Codes(byte* panel, int block);

    static abstract Vector512<float> Scale(byte* panel, int block, int group);

    static abstract Vector512<float> Minimum(byte* panel, int block, int group);
}

/// <summary>A float layout, two columns at a time.</summary>
internal unsafe interface IFloat512
{
    static abstract int PairBytes { get; }

    static abstract void Load(byte* pair, out Vector512<float> even, out Vector512<float> odd);
}

/// <summary>Two f16 to a lane, widened exactly (subnormals too; infinities and NaN excepted).</summary>
internal static class Half512
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low(Vector512<int> pairs) => High(pairs << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High(Vector512<int> pairs) =>
        ((pairs >> 3) & Vector512.Create(unchecked((int)0x8fff_e000))).AsSingle() * Vector512.Create(5.192296858534828e33f); // 2^112
}

internal readonly unsafe struct F32x512 : IFloat512
{
    public static int PairBytes => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* pair, out Vector512<float> even, out Vector512<float> odd) =>
        (even, odd) = (Vector512.Load((float*)pair), Vector512.Load((float*)pair + 16));
}

internal readonly unsafe struct BF16x512 : IFloat512
{
    public static int PairBytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* pair, out Vector512<float> even, out Vector512<float> odd)
    {
        Vector512<int> bits = Vector512.Load((int*)pair);
        even = (bits << 16).AsSingle();
        odd = (bits & Vector512.Create(unchecked((int)0xffff_0000))).AsSingle();
    }
}

internal readonly unsafe struct F16x512 : IFloat512
{
    public static int PairBytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* pair, out Vector512<float> even, out Vector512<float> odd)
    {
        Vector512<int> bits = Vector512.Load((int*)pair);
        even = Half512.Low(bits);
        odd = Half512.High(bits);
    }
}

/// <summary><see cref="NibblePanels"/>.</summary>
internal readonly unsafe struct Nibbles512 : IQuantised512
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => false;

    public static bool IsBiased => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)(block >> 1) * NibblePanels.PairBytes) + 64 + ((block & 1) * 256);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* panel, int block, int group) =>
        Half512.High(Vector512.Load((int*)(panel + ((nint)(block >> 1) * NibblePanels.PairBytes))) << (16 * (~block & 1)));

    public static Vector512<float> Minimum(byte* panel, int block, int group) => default;
}

/// <summary><see cref="NibbleMinimumPanels"/>.</summary>
internal readonly unsafe struct NibbleMinimums512 : IQuantised512
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static bool IsBiased => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)block * NibbleMinimumPanels.BlockBytes) + 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* panel, int block, int group) =>
        Half512.Low(Vector512.Load((int*)(panel + ((nint)block * NibbleMinimumPanels.BlockBytes))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Minimum(byte* panel, int block, int group) =>
        Half512.High(Vector512.Load((int*)(panel + ((nint)block * NibbleMinimumPanels.BlockBytes))));
}

/// <summary><see cref="SuperblockNibblePanels"/>.</summary>
internal readonly unsafe struct SuperblockNibbles512 : IQuantised512
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static bool IsBiased => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => Superblock(panel, block) + 320 + ((block & 7) * 256);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* panel, int block, int group) =>
        Half512.Low(Vector512.Load((int*)Superblock(panel, block))) * Avx512F.ConvertToVector512Single(SixBits(panel, block) & Vector512.Create(255));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Minimum(byte* panel, int block, int group) =>
        -(Half512.High(Vector512.Load((int*)Superblock(panel, block))) * Avx512F.ConvertToVector512Single(SixBits(panel, block) >>> 8));

    private static byte* Superblock(byte* panel, int block) => panel + ((nint)(block >> 3) * SuperblockNibblePanels.SuperblockBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> SixBits(byte* panel, int block) =>
        Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)(Superblock(panel, block) + 64 + ((block & 7) * 32))));
}

/// <summary><see cref="BytePanels"/>.</summary>
internal readonly unsafe struct Bytes512 : IQuantised512
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => false;

    public static bool IsBiased => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)(block >> 1) * BytePanels.PairBytes) + 64 + ((block & 1) * 512);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* panel, int block, int group) =>
        Half512.High(Vector512.Load((int*)(panel + ((nint)(block >> 1) * BytePanels.PairBytes))) << (16 * (~block & 1)));

    public static Vector512<float> Minimum(byte* panel, int block, int group) => default;
}

/// <summary><see cref="ByteGroupPanels"/>.</summary>
/// <typeparam name="TShape">Groups and minimums.</typeparam>
internal readonly unsafe struct ByteGroups512<TShape> : IQuantised512
    where TShape : IGroupShape
{
    public static bool HalfGroups => TShape.HalfGroups;

    public static bool HasMinimum => TShape.HasMinimum;

    public static bool IsBiased => true;

    private static int BlockBytes => ByteGroupPanels.BytesOf(TShape.HalfGroups ? 2 : 1, TShape.HasMinimum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)(block + 1) * BlockBytes) - 512;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* panel, int block, int group) => Vector512.Load(Group(panel, block, group));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Minimum(byte* panel, int block, int group) => Vector512.Load(Group(panel, block, group) + 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Group(byte* panel, int block, int group) =>
        (float*)(panel + ((nint)block * BlockBytes)) + (group * (TShape.HasMinimum ? 32 : 16));
}
