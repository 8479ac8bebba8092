using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Whorl.Models;

/// <summary>A hash of 128 bits that keeps up with memory: tells values apart that differ by mistake, not by malice.</summary>
/// <remarks>
/// 32 lanes of 32 bits, each a chain of XXH32's round over every 32nd little-endian word, <c>lane = rotl(lane + word · P2, 13) · P1</c>;
/// what is missing of the last 128 bytes is zeros. One other word gives another lane for certain, since the round is a bijection. The
/// lanes are then folded, as 16 words of 64 bits, by two chains of XXH64's round. Source of both rounds: Collet, the xxHash specification
/// 0.1.1.
/// </remarks>
internal static class RowHash
{
    private const int Stripe = 128;
    private const uint P1 = 0x9e3779b1, P2 = 0x85ebca77;
    private const ulong Q1 = 0x9e3779b185ebca87, Q2 = 0xc2b2ae3d27d4eb4f;

    /// <summary>The hash of some bytes and of their number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // the first model loaded is mostly the only one: nothing waits for a faster tier
    public static UInt128 Of(ReadOnlySpan<byte> bytes)
    {
        Vector256<uint> a = Vector256<uint>.Zero, b = Vector256.Create(1u), c = Vector256.Create(2u), d = Vector256.Create(3u);
        ref uint words = ref Unsafe.As<byte, uint>(ref MemoryMarshal.GetReference(bytes));
        nuint at = 0, end = (nuint)(bytes.Length / Stripe * Stripe / sizeof(uint));
        for (; at < end; at += Stripe / sizeof(uint))
        {
            a = Round(a, Vector256.LoadUnsafe(ref words, at));
            b = Round(b, Vector256.LoadUnsafe(ref words, at + 8));
            c = Round(c, Vector256.LoadUnsafe(ref words, at + 16));
            d = Round(d, Vector256.LoadUnsafe(ref words, at + 24));
        }

        Span<uint> lanes = stackalloc uint[Stripe / sizeof(uint)];
        int rest = bytes.Length % Stripe;
        if (rest > 0)
        {
            lanes.Clear();
            bytes[^rest..].CopyTo(MemoryMarshal.AsBytes(lanes));
            ref uint last = ref MemoryMarshal.GetReference(lanes);
            a = Round(a, Vector256.LoadUnsafe(ref last, 0));
            b = Round(b, Vector256.LoadUnsafe(ref last, 8));
            c = Round(c, Vector256.LoadUnsafe(ref last, 16));
            d = Round(d, Vector256.LoadUnsafe(ref last, 24));
        }

        a.CopyTo(lanes);
        b.CopyTo(lanes[8..]);
        c.CopyTo(lanes[16..]);
        d.CopyTo(lanes[24..]);
        ulong upper = (ulong)bytes.Length, lower = ~upper;
        foreach (ulong word in MemoryMarshal.Cast<uint, ulong>(lanes))
        {
            upper = BitOperations.RotateLeft(upper + (word * Q2), 31) * Q1;
            lower = BitOperations.RotateLeft(lower ^ (word * Q1), 27) * Q2;
        }

        return new UInt128(Mix(upper), Mix(lower));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Round(Vector256<uint> lanes, Vector256<uint> words)
    {
        lanes += words * Vector256.Create(P2);
        return ((lanes << 13) | (lanes >>> 19)) * Vector256.Create(P1);
    }

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * Q2;
        return hash ^ (hash >> 29);
    }
}
