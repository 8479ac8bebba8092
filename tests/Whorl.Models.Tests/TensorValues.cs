using Whorl.Tensors;

namespace Whorl.Models.Tests;

internal static class TensorValues
{
    /// <summary>What a tensor holds, row after row.</summary>
    public static float[] Values(this IBackend backend, Tensor tensor)
    {
        float[] values = new float[tensor.Length];
        backend.Download(tensor, values);
        return values;
    }
}
