namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>
/// An operation over independent items (rows, groups, blocks of elements), written over lanes; a readonly struct that holds its
/// arguments.
/// </summary>
internal interface IKernel
{
    /// <summary>Does the items <paramref name="first"/> to <paramref name="end"/> - 1.</summary>
    void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>;
}
