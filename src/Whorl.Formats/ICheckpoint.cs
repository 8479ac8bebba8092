using System.Diagnostics.CodeAnalysis;

namespace Whorl.Formats;

/// <summary>
/// The tensors of a model, by name, whatever the files they lie in. Opening one reads headers only; bytes of a tensor are read when they
/// are asked for, and nothing else is. Safe for use by several threads at once.
/// </summary>
public interface ICheckpoint : IDisposable
{
    /// <summary>The names of all tensors, in the order of their files.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>The bytes of tensors read so far, headers not counted.</summary>
    long BytesRead { get; }

    /// <summary>Finds a tensor; names are compared exactly.</summary>
    bool TryGet(string name, [NotNullWhen(true)] out TensorEntry? entry);

    /// <summary>Reads a range of a tensor's bytes; blocks until they are there.</summary>
    /// <param name="entry">A tensor of this checkpoint.</param>
    /// <param name="byteOffset">Where the range begins, counted from the tensor's first byte.</param>
    /// <param name="destination">Filled whole: the range's length.</param>
    /// <exception cref="ModelFormatException">The element type is not supported, or the file has become shorter.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the tensor.</exception>
    /// <exception cref="IOException">The file could not be read.</exception>
    void Read(TensorEntry entry, long byteOffset, Span<byte> destination);
}
