using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Quantised weights with 128-bit vectors: a row against a panel at a time, half of its lanes after the other.</summary>
internal static unsafe class QuantisedKernels128
{
    /// <summary>Multiplies one row.</summary>
    public static void Run<TPanel>(in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        if (TPanel.IsNibbles)
        {
            Nibbles<TPanel>(call);
        }
        else
        {
            Bytes<TPanel>(call);
        }
    }

    /// <summary>4-bit weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Nibbles<TPanel>(in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        float* y = call.Out;
        Vector128<byte> low = Vector128.Create((byte)15);
        for (int p = 0; p < call.Panels; p++)
        {
            for (int part = 0; part < 8; part += 4, y += 16)
            {
                byte* w = call.Weights + (p * call.PanelBytes);
                var x = (ActivationBlock*)call.X;
                Vector128<float> a0 = default, a1 = default, a2 = default, a3 = default;
                for (int block = 0; block < call.Steps; block++, x++)
                {
                    byte* codes = TPanel.Codes(w, block) + (part * 16);
                    Vector128<int> s0 = Vector128.Create((TPanel.Bias != 0) ? -x->EightSums : 0), s1 = s0, s2 = s0, s3 = s0;
                    for (int j = 0; j < 4; j++, codes += QuantisedPanels.NibbleBlock / 4)
                    {
                        Vector128<sbyte> q = Vector128.Create(*(int*)(x->Codes + (8 * j))).AsSByte();
                        Vector128<sbyte> r = Vector128.Create(*(int*)(x->Codes + (8 * j) + 4)).AsSByte();
                        Vector128<byte> c0 = Vector128.Load(codes), c1 = Vector128.Load(codes + 16);
                        Vector128<byte> c2 = Vector128.Load(codes + 32), c3 = Vector128.Load(codes + 48);
                        s0 = Dot(Dot(s0, (c0 & low).AsSByte(), q), (c0 >>> 4).AsSByte(), r);
                        s1 = Dot(Dot(s1, (c1 & low).AsSByte(), q), (c1 >>> 4).AsSByte(), r);
                        s2 = Dot(Dot(s2, (c2 & low).AsSByte(), q), (c2 >>> 4).AsSByte(), r);
                        s3 = Dot(Dot(s3, (c3 & low).AsSByte(), q), (c3 >>> 4).AsSByte(), r);
                    }

                    Finish<TPanel>(ref a0, s0, w, block, 0, part, x);
                    Finish<TPanel>(ref a1, s1, w, block, 0, part + 1, x);
                    Finish<TPanel>(ref a2, s2, w, block, 0, part + 2, x);
                    Finish<TPanel>(ref a3, s3, w, block, 0, part + 3, x);
                }

                Store(y, a0, a1, a2, a3);
            }
        }
    }

    /// <summary>8-bit weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Bytes<TPanel>(in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        float* y = call.Out;
        Vector128<byte> bias = Vector128.Create((byte)128);
        for (int p = 0; p < call.Panels; p++)
        {
            for (int part = 0; part < 8; part += 4, y += 16)
            {
                byte* w = call.Weights + (p * call.PanelBytes);
                var x = (ActivationBlock*)call.X;
                Vector128<float> a0 = default, a1 = default, a2 = default, a3 = default;
                for (int block = 0; block < call.Steps; block++, x++)
                {
                    byte* codes = TPanel.Codes(w, block) + (part * 16);
                    sbyte* at = x->Codes;
                    for (int group = 0; group < (TPanel.HalfGroups ? 2 : 1); group++)
                    {
                        Vector128<int> s0 = default, s1 = default, s2 = default, s3 = default;
                        for (int j = 0; j < (TPanel.HalfGroups ? 4 : 8); j++, codes += QuantisedPanels.ByteBlock / 8, at += 4)
                        {
                            Vector128<sbyte> q = Vector128.Create(*(int*)at).AsSByte();
                            s0 = Dot(s0, (Vector128.Load(codes) ^ bias).AsSByte(), q);
                            s1 = Dot(s1, (Vector128.Load(codes + 16) ^ bias).AsSByte(), q);
                            s2 = Dot(s2, (Vector128.Load(codes + 32) ^ bias).AsSByte(), q);
                            s3 = Dot(s3, (Vector128.Load(codes + 48) ^ bias).AsSByte(), q);
                        }

                        Finish<TPanel>(ref a0, s0, w, block, group, part, x);
                        Finish<TPanel>(ref a1, s1, w, block, group, part + 1, x);
                        Finish<TPanel>(ref a2, s2, w, block, group, part + 2, x);
                        Finish<TPanel>(ref a3, s3, w, block, group, part + 3, x);
                    }
                }

                Store(y, a0, a1, a2, a3);
            }
        }
    }

    /// <summary>Adds to each 32-bit lane the products of its four bytes; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> Dot(Vector128<int> sum, Vector128<sbyte> c, Vector128<sbyte> q)
    {
        if (Dp.IsSupported)
        {
            return Dp.DotProduct(sum, c, q);
        }

        if (Ssse3.IsSupported)
        {
            // |c| · (q with c's sign): a pair of products is at most 2 · 128 · 127, below 2^15.
            Vector128<short> pairs = Ssse3.MultiplyAddAdjacent(Ssse3.Abs(c), Ssse3.Sign(q, c));
            return sum + Sse2.MultiplyAddAdjacent(pairs, Vector128<short>.One);
        }

        Vector128<int> a = c.AsInt32(), b = q.AsInt32();
        sum += ((a << 24) >> 24) * ((b << 24) >> 24);
        sum += ((a << 16) >> 24) * ((b << 16) >> 24);
        sum += ((a << 8) >> 24) * ((b << 8) >> 24);
        return sum + ((a >> 24) * (b >> 24));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TPanel>(
        ref Vector128<float> a, Vector128<int> sum, byte* w, int block, int group, int part, ActivationBlock* x)
        where TPanel : IQuantisedPanel
    {
        TPanel.ReadScales(w, block, group, part, out Register128 scale, out Register128 minimum);
        a = Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(sum), scale * Vector128.Create(x->Scale), a);
        if (TPanel.HasMinimum)
        {
            float scaledSum = TPanel.HalfGroups ? x->Scale * (group == 0 ? x->SumLow : x->SumHigh) : x->ScaledSum;
            a = Vector128.FusedMultiplyAdd(minimum, Vector128.Create(scaledSum), a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector128<float> a0, Vector128<float> a1, Vector128<float> a2, Vector128<float> a3)
    {
        a0.Store(y);
        a1.Store(y + 4);
        a2.Store(y + 8);
        a3.Store(y + 12);
    }
}
