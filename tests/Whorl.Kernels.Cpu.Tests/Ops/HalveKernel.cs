using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Tests;

internal readonly unsafe struct HalveKernel(float* x, float* y, int size) : IKernel
{
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        for (int row = first; row < end; row++)
        {
            int i = 0;
            for (; i <= size - ILanes<T>.Count; i += ILanes<T>.Count)
            {
                (T.Load(x + ((long)row * size) + i) * T.Broadcast(0.5f)).Store(y + ((long)row * size) + i);
            }

            if (i < size)
            {
                T last = Partial.Load<T>(x + ((long)row * size) + i, size - i) * T.Broadcast(0.5f);
                last.StoreFirst(y + ((long)row * size) + i, size - i);
            }
        }
    }
}
