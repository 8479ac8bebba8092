using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Float weights with 128-bit vectors: a row against a panel at a time, eight chains.</summary>
internal static unsafe class FloatKernels128
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TPanel>(in KernelCall call)
        where TPanel : IFloatPanel
    {
        float* y = call.Out;
        for (int p = 0; p < call.Panels; p++, y += 32)
        {
            byte* w = call.Weights + (p * call.PanelBytes);
            Vector128<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
            var x = (float*)call.X;
            for (int i = 0; i < call.Steps; i++, x += 2, w += TPanel.PairBytes)
            {
                Vector128<float> even = Vector128.Create(x[0]), odd = Vector128.Create(x[1]);
                AddPair<TPanel>(ref a0, w, 0, even, odd);
                AddPair<TPanel>(ref a1, w, 1, even, odd);
                AddPair<TPanel>(ref a2, w, 2, even, odd);
                AddPair<TPanel>(ref a3, w, 3, even, odd);
                AddPair<TPanel>(ref a4, w, 4, even, odd);
                AddPair<TPanel>(ref a5, w, 5, even, odd);
                AddPair<TPanel>(ref a6, w, 6, even, odd);
                AddPair<TPanel>(ref a7, w, 7, even, odd);
            }

            a0.Store(y + 0);
            a1.Store(y + 4);
            a2.Store(y + 8);
            a3.Store(y + 12);
            a4.Store(y + 16);
            a5.Store(y + 20);
            a6.Store(y + 24);
            a7.Store(y + 28);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPair<TPanel>(ref Vector128<float> a, byte* w, int part, Vector128<float> x0, Vector128<float> x1)
        where TPanel : IFloatPanel
    {
        TPanel.ReadPair(w, part, out Register128 even, out Register128 odd);
        a = Vector128.FusedMultiplyAdd(x0, even, a);
        a = Vector128.FusedMultiplyAdd(x1, odd, a);
    }
}
