using System.IO.MemoryMappedFiles;

namespace Whorl.Tensors;

/// <summary>A part of a file as memory, read by the system as it is touched, and given up by it where memory is short.</summary>
/// <remarks>The file must stay as it is while the range lives: a part that was cut off ends the process that reads it.</remarks>
public sealed unsafe class MappedRange : HostMemory
{
    /// <summary>
    /// Bytes of the file that must follow a range, as a whole vector may be read past its end; and what its offset is a multiple of.
    /// </summary>
    public const int Alignment = 64;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _pointer;

    /// <summary>Maps the range, to be read only.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where the range begins, a multiple of <see cref="Alignment"/>.</param>
    /// <param name="bytes">Its size; <see cref="Alignment"/> more bytes of the file must follow.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not such a multiple, or the size negative.</exception>
    /// <exception cref="EndOfStreamException">The file is too short.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public MappedRange(string path, long offset, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(offset % Alignment, 0, nameof(offset));
        Bytes = bytes;
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            if (offset > stream.Length - Alignment || bytes > stream.Length - Alignment - offset)
            {
                throw new EndOfStreamException(
                    $"{path} has {stream.Length} bytes and holds no {bytes} from {offset} on with {Alignment} behind them; make it again");
            }

            _file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        try
        {
            _view = _file.CreateViewAccessor(offset, bytes + Alignment, MemoryMappedFileAccess.Read);
            byte* page = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref page);
            _pointer = page + _view.PointerOffset;
        }
        catch
        {
            _view?.Dispose();
            _file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <inheritdoc/>
    public override void* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_pointer is not null)
        {
            _pointer = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
