using System.Buffers;

namespace Whorl.Formats;

/// <summary>Writes a header and then tensors, range by range, into a file that appears under its name only when it is whole.</summary>
internal static class TensorFileWriter
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="path">Replaced where it exists.</param>
    /// <param name="header">Everything before the data, padding included.</param>
    /// <param name="tensors">In the order of their bytes.</param>
    /// <param name="alignment">Zeros are added after each tensor up to a multiple of this, counted from the start of the data.</param>
    /// <param name="cancellationToken">Stops between ranges; nothing is left behind.</param>
    public static async Task WriteAsync(
        string path, ReadOnlyMemory<byte> header, IEnumerable<TensorSource> tensors, int alignment, CancellationToken cancellationToken)
    {
        string part = $"{path}.{Guid.NewGuid():N}.part";
        FileStream file = new(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        try
        {
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(header, cancellationToken).ConfigureAwait(false);
                await WriteTensorsAsync(file, tensors, alignment, cancellationToken).ConfigureAwait(false);
            }

            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static async Task WriteTensorsAsync(
        FileStream file, IEnumerable<TensorSource> tensors, int alignment, CancellationToken cancellationToken)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes + alignment);
        try
        {
            foreach (TensorSource tensor in tensors)
            {
                int step = ChunkBytes / tensor.Type.BlockBytes * tensor.Type.BlockBytes;
                for (long at = 0; at < tensor.ByteLength; at += step)
                {
                    int count = (int)Math.Min(step, tensor.ByteLength - at);
                    tensor.Fill(at, chunk.AsSpan(0, count));
                    int padding = at + count == tensor.ByteLength ? PaddingOf(tensor.ByteLength, alignment) : 0;
                    chunk.AsSpan(count, padding).Clear();
                    await file.WriteAsync(chunk.AsMemory(0, count + padding), cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>The bytes from <paramref name="length"/> to the next multiple of <paramref name="alignment"/>.</summary>
    public static int PaddingOf(long length, int alignment) => (int)((alignment - (length % alignment)) % alignment);
}
