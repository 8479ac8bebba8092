using Whorl.Formats;

namespace Whorl.Models;

/// <summary>A run of a tensor's bytes: in memory, or read from the checkpoint where it is asked for.</summary>
/// <param name="checkpoint">Where the tensor is.</param>
/// <param name="entry">The tensor.</param>
/// <param name="offset">Where the run begins in it.</param>
/// <param name="bytes">The bytes, or null.</param>
internal sealed class StoredSlice(ICheckpoint checkpoint, TensorEntry entry, long offset, byte[]? bytes = null)
{
    /// <summary>Gives a part of the run; by several threads at once.</summary>
    /// <param name="at">Where the part begins in the run.</param>
    /// <param name="into">Filled whole.</param>
    public void Read(long at, Span<byte> into)
    {
        if (bytes is null)
        {
            checkpoint.Read(entry, offset + at, into);
        }
        else
        {
            bytes.AsSpan((int)at, into.Length).CopyTo(into);
        }
    }
}
