using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Whorl.Formats;

/// <summary>
/// Walks through a GGUF header in large reads. Whatever a length in the file says is compared with what is left of the file, and with a
/// limit, before anything is taken for it.
/// </summary>
internal sealed class GgufCursor : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly SafeFileHandle? _file; // null where the bytes are in memory, then all of them in the buffer
    private readonly long _readable;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _endPosition;

    /// <summary>Reads a file.</summary>
    public GgufCursor(SafeFileHandle file, string path)
    {
        _file = file;
        Path = path;
        _readable = FileLength = RandomAccess.GetLength(file);
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferBytes, FileLength + 1));
    }

    /// <summary>Reads the beginning of a file, as far as it was fetched.</summary>
    /// <param name="beginning">The bytes that are there. To need more of the file is a <see cref="HeaderCutException"/>.</param>
    /// <param name="path">What the file is called in messages.</param>
    /// <param name="fileLength">The length of all of it.</param>
    public GgufCursor(byte[] beginning, string path, long fileLength)
    {
        Path = path;
        FileLength = fileLength;
        _buffer = beginning;
        _readable = _endPosition = _end = beginning.Length;
    }

    /// <summary>The file being read, for messages.</summary>
    public string Path { get; }

    /// <summary>The file's length in bytes.</summary>
    public long FileLength { get; }

    /// <summary>Where in the file the next value begins.</summary>
    public long Position => _endPosition - (_end - _start);

    /// <summary>The bytes that the header can still have.</summary>
    public long Remaining => Math.Min(FileLength, GgufHeader.MaxHeaderBytes) - Position;

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>Reads a count of things that take at least <paramref name="leastBytes"/> bytes each.</summary>
    /// <exception cref="ModelFormatException">So many cannot follow, or they exceed <paramref name="most"/>.</exception>
    public int ReadCount(string what, int leastBytes, int most)
    {
        long at = Position;
        ulong count = ReadUInt64();
        if (count > (ulong)most || count > (ulong)(Remaining / leastBytes))
        {
            throw Wrong($"{count} {what} cannot follow: there are {Remaining} bytes of header left at most, and {most} are allowed", at);
        }

        RequireReadable((long)count * leastBytes);
        return (int)count;
    }

    /// <summary>Reads a string that names something: it must be UTF-8.</summary>
    public string ReadName(string what, int mostBytes)
    {
        long at = Position;
        try
        {
            return StrictUtf8.GetString(ReadStringBytes(what, mostBytes));
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException(Path, $"{what} is not UTF-8; the file is damaged, download it again", offset: at, inner: e);
        }
    }

    /// <summary>Reads a string value; bytes that are not UTF-8 become U+FFFD, as some vocabularies have them.</summary>
    public string ReadText(string what, int mostBytes) => Encoding.UTF8.GetString(ReadStringBytes(what, mostBytes));

    /// <summary>
    /// Fills an array of plain little-endian numbers of the header, which the caller knows to be within <see cref="Remaining"/>.
    /// </summary>
    public void ReadInto(Span<byte> destination)
    {
        RequireReadable(destination.Length);
        int buffered = Math.Min(_end - _start, destination.Length);
        _buffer.AsSpan(_start, buffered).CopyTo(destination);
        _start += buffered;
        if (buffered < destination.Length)
        {
            Span<byte> rest = destination[buffered..];
            TensorFile.ReadExactly(_file!, Path, _endPosition, rest);
            _endPosition += rest.Length;
            _start = _end = 0;
        }
    }

    public ModelFormatException Wrong(string what, long? at = null, string? name = null) =>
        new(Path, $"{what}; the file is damaged or no GGUF file, download it again", name, at ?? Position);

    public void Dispose()
    {
        if (_file is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = [];
    }

    private ReadOnlySpan<byte> ReadStringBytes(string what, int mostBytes)
    {
        long at = Position;
        ulong length = ReadUInt64();
        return length <= (ulong)mostBytes && length <= (ulong)Remaining
            ? Take((int)length)
            : throw Wrong($"{what} cannot have {length} bytes: {mostBytes} are allowed and {Remaining} left", at);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_end - _start < count)
        {
            Refill(count);
        }

        _start += count;
        return _buffer.AsSpan(_start - count, count);
    }

    private void Refill(int count)
    {
        if (count > Remaining)
        {
            string why = FileLength > GgufHeader.MaxHeaderBytes
                ? $"the header exceeds {GgufHeader.MaxHeaderBytes} bytes"
                : "the file ends in its header";
            throw Wrong(why);
        }

        RequireReadable(count);
        ReadOnlySpan<byte> kept = _buffer.AsSpan(_start, _end - _start);
        byte[] target = count <= _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(count);
        kept.CopyTo(target);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        _end -= _start;
        _start = 0;
        int more = (int)Math.Min(_buffer.Length - _end, FileLength - _endPosition);
        TensorFile.ReadExactly(_file!, Path, _endPosition, _buffer.AsSpan(_end, more));
        _end += more;
        _endPosition += more;
    }

    private void RequireReadable(long count)
    {
        if (count > _readable - Position)
        {
            throw new HeaderCutException();
        }
    }
}
