using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Quantized.Activations;

/// <content>Vector forms.</content>
internal static unsafe partial class ActivationQuantiser
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vector512Form(float* x, ActivationBlock* blocks, int count)
    {
        Vector512<uint> sizeBits = Vector512.Create(0x7fff_ffffu);
        Vector512<float> rounder = Vector512.Create(Rounder);
        for (int b = 0; b < count; b++, x += ActivationBlock.Size)
        {
            Vector512<float> first = Vector512.Load(x), second = Vector512.Load(x + 16);
            Vector512<uint> sizes = Vector512.Max(first.AsUInt32() & sizeBits, second.AsUInt32() & sizeBits);
            Vector256<uint> half = Vector256.Max(sizes.GetLower(), sizes.GetUpper());
            (float scale, float inverse) = Scales(Largest(Vector128.Max(half.GetLower(), half.GetUpper())));
            Vector512<int> low = default, high = default;
            if (inverse != 0)
            {
                Vector512<float> by = Vector512.Create(inverse);
                low = ((first * by) + rounder).AsInt32() - rounder.AsInt32();
                high = ((second * by) + rounder).AsInt32() - rounder.AsInt32();
            }

            ActivationBlock* block = blocks + b;
            Vector256<short> words = Vector256.Narrow(low.GetLower(), low.GetUpper());
            Vector256<short> highWords = Vector256.Narrow(high.GetLower(), high.GetUpper());
            Vector256.Narrow(words, highWords).Store(block->Codes);
            Describe(block, scale, Vector512.Sum(low), Vector512.Sum(high));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vector128Form(float* x, ActivationBlock* blocks, int count)
    {
        Vector128<uint> sizeBits = Vector128.Create(0x7fff_ffffu);
        for (int b = 0; b < count; b++, x += ActivationBlock.Size)
        {
            Vector128<uint> sizes = default;
            for (int i = 0; i < ActivationBlock.Size; i += 4)
            {
                sizes = Vector128.Max(sizes, Vector128.Load(x + i).AsUInt32() & sizeBits);
            }

            (float scale, float inverse) = Scales(Largest(sizes));
            ActivationBlock* block = blocks + b;
            int low = RoundHalf(x, inverse, block->Codes);
            int high = RoundHalf(x + 16, inverse, block->Codes + 16);
            Describe(block, scale, low, high);
        }
    }

    // 16 activations; returns the sum of their codes.
    private static int RoundHalf(float* x, float inverse, sbyte* codes)
    {
        if (inverse == 0)
        {
            Vector128<sbyte>.Zero.Store(codes);
            return 0;
        }

        Vector128<float> by = Vector128.Create(inverse), rounder = Vector128.Create(Rounder);
        Vector128<int> a = ((Vector128.Load(x) * by) + rounder).AsInt32() - rounder.AsInt32();
        Vector128<int> b = ((Vector128.Load(x + 4) * by) + rounder).AsInt32() - rounder.AsInt32();
        Vector128<int> c = ((Vector128.Load(x + 8) * by) + rounder).AsInt32() - rounder.AsInt32();
        Vector128<int> d = ((Vector128.Load(x + 12) * by) + rounder).AsInt32() - rounder.AsInt32();
        Vector128.Narrow(Vector128.Narrow(a, b), Vector128.Narrow(c, d)).Store(codes);
        return Vector128.Sum(a + b + c + d);
    }

    private static uint Largest(Vector128<uint> sizes)
    {
        sizes = Vector128.Max(sizes, Vector128.Shuffle(sizes, Vector128.Create(2u, 3u, 0u, 1u)));
        sizes = Vector128.Max(sizes, Vector128.Shuffle(sizes, Vector128.Create(1u, 0u, 3u, 2u)));
        return sizes.ToScalar();
    }
}
