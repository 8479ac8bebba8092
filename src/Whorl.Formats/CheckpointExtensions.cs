using System.Buffers;
using Whorl.Tensors;

namespace Whorl.Formats;

/// <summary>What every checkpoint can do by reading ranges.</summary>
public static class CheckpointExtensions
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Finds a tensor that must be there.</summary>
    /// <exception cref="ModelFormatException">It is not.</exception>
    public static TensorEntry Get(this ICheckpoint checkpoint, string name) =>
        checkpoint.TryGet(name, out TensorEntry? entry) ? entry : throw Missing(checkpoint, name);

    /// <summary>Reads a whole tensor's bytes.</summary>
    /// <param name="checkpoint">Where it is.</param>
    /// <param name="entry">The tensor.</param>
    /// <param name="destination">As long as the tensor's <see cref="TensorEntry.ByteLength"/>.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="ModelFormatException">As of <see cref="ICheckpoint.Read"/>.</exception>
    public static void Read(this ICheckpoint checkpoint, TensorEntry entry, Span<byte> destination)
    {
        if (destination.Length != entry.ByteLength)
        {
            throw new ArgumentException($"{entry} has {entry.ByteLength} bytes, the destination {destination.Length}", nameof(destination));
        }

        checkpoint.Read(entry, 0, destination);
    }

    /// <summary>Reads elements as float32, expanded as <see cref="BlockCodec.Decode"/> does.</summary>
    /// <param name="checkpoint">Where the tensor is.</param>
    /// <param name="entry">The tensor.</param>
    /// <param name="firstElement">The first element in row-major order, at a block's start.</param>
    /// <param name="destination">A whole number of blocks.</param>
    /// <exception cref="ModelFormatException">The element type cannot be expanded; and as of <see cref="ICheckpoint.Read"/>.</exception>
    /// <exception cref="ArgumentException">The range begins or ends inside a block.</exception>
    public static void ReadSingles(this ICheckpoint checkpoint, TensorEntry entry, long firstElement, Span<float> destination)
    {
        ElementTypeInfo type = entry.Type;
        if (!BlockCodec.CanDecode(type.Type))
        {
            throw new ModelFormatException(
                entry.File,
                $"elements of type {type.Name} cannot be expanded to float32; use a model in another format",
                entry.Name,
                entry.Offset);
        }

        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            long at = type.BytesFor(firstElement);
            int step = ChunkBytes / type.BlockBytes * type.BlockSize;
            while (!destination.IsEmpty)
            {
                Span<float> part = destination[..Math.Min(step, destination.Length)];
                Span<byte> bytes = chunk.AsSpan(0, (int)type.BytesFor(part.Length));
                checkpoint.Read(entry, at, bytes);
                BlockCodec.Decode(type.Type, bytes, part);
                at += bytes.Length;
                destination = destination[part.Length..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>Reads a whole tensor as float32; for small tensors, as the array takes four bytes an element.</summary>
    /// <exception cref="ModelFormatException">
    /// It has 2^31 elements or more; and as of <see cref="ReadSingles(ICheckpoint, TensorEntry, long, Span{float})"/>.
    /// </exception>
    public static float[] ReadSingles(this ICheckpoint checkpoint, TensorEntry entry)
    {
        if (entry.ElementCount > Array.MaxLength)
        {
            throw new ModelFormatException(
                entry.File, $"{entry.ElementCount} elements are too many for one array", entry.Name, entry.Offset);
        }

        float[] values = GC.AllocateUninitializedArray<float>((int)entry.ElementCount);
        checkpoint.ReadSingles(entry, 0, values);
        return values;
    }

    private static ModelFormatException Missing(ICheckpoint checkpoint, string name)
    {
        string? any = checkpoint.Names.FirstOrDefault();
        string file = any is not null && checkpoint.TryGet(any, out TensorEntry? entry) ? entry.File : "checkpoint";
        return new ModelFormatException(
            Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder : file,
            $"the model's family needs this tensor, but none of the {checkpoint.Names.Count} tensors has that name",
            name);
    }
}
