namespace Whorl.Formats;

/// <summary>A file of weights on the hub, of which the header was read.</summary>
internal abstract class RemoteWeights
{
    /// <summary>The wanted tensors of the file, as a file of their own that names the others too.</summary>
    /// <param name="isWanted">Whether a tensor of that name is wanted.</param>
    public abstract TensorSlice Slice(Func<string, bool> isWanted);
}
