using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Float weights with 128-bit vectors: a row against a panel at a time, four chains.</summary>
internal static unsafe class FloatKernels128
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TPanels>(in KernelCall call)
        where TPanels : IFloat128
    {
        float* y = call.Out;
        for (int p = 0; p < call.Panels; p++, y += 16)
        {
            byte* w = call.Weights + (p * call.PanelBytes);
            Vector128<float> a0 = default, a1 = default, a2 = default, a3 = default;
            if (call.Resume)
            {
                (a0, a1, a2, a3) = (Vector128.Load(y), Vector128.Load(y + 4), Vector128.Load(y + 8), Vector128.Load(y + 12));
            }

            var x = (float*)call.X;
            for (int i = 0; i < call.Steps; i++, x += 2, w += TPanels.PairBytes)
            {
                Vector128<float> even = Vector128.Create(x[0]), odd = Vector128.Create(x[1]);
                AddPair<TPanels>(ref a0, w, 0, even, odd);
                AddPair<TPanels>(ref a1, w, 1, even, odd);
                AddPair<TPanels>(ref a2, w, 2, even, odd);
                AddPair<TPanels>(ref a3, w, 3, even, odd);
            }

            a0.Store(y);
            a1.Store(y + 4);
            a2.Store(y + 8);
            a3.Store(y + 12);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPair<TPanels>(ref Vector128<float> a, byte* w, int part, Vector128<float> x0, Vector128<float> x1)
        where TPanels : IFloat128
    {
        TPanels.Load(w, part, out Vector128<float> even, out Vector128<float> odd);
        a = Vector128.FusedMultiplyAdd(x0, even, a);
        a = Vector128.FusedMultiplyAdd(x1, odd, a);
    }
}
