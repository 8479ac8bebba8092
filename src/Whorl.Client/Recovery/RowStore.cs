using System.Runtime.InteropServices;

namespace Whorl.Client.Recovery;

/// <summary>
/// Rows of hidden states that only grow: pages in memory, and on disk what finds no room there, in a file that is gone with the store. Every row comes
/// back bit for bit. Not thread-safe.
/// </summary>
/// <param name="width">Values of a row.</param>
/// <param name="isRounded">Whether rows are expected in bfloat16: a page takes half the bytes as long as all of its rows are.</param>
/// <param name="memory">What may be held in memory.</param>
internal sealed class RowStore(int width, bool isRounded, LogMemory memory) : IDisposable
{
    private const int PageBytes = 64 << 10; // a page has one row at least
    private const int MaxPageRows = 256;

    private readonly int _pageRows = Math.Clamp(PageBytes / (width * sizeof(float)), 1, MaxPageRows);
    private readonly List<Page> _pages = [];
    private FileStream? _file;
    private long _fileEnd;
    private long _taken;

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes on disk.</summary>
    public long FileBytes => _fileEnd;

    /// <summary>Appends rows. Nothing is allocated but a page now and then.</summary>
    /// <param name="rows"><c>[n, width]</c>.</param>
    /// <exception cref="IOException">There is no room on disk.</exception>
    public void Append(ReadOnlySpan<float> rows)
    {
        for (; !rows.IsEmpty; rows = rows[width..], Count++)
        {
            ReadOnlySpan<float> row = rows[..width];
            if (Count % _pageRows == 0)
            {
                AddPage();
            }

            Page page = _pages[^1];
            if (page.IsHalf && !IsRounded(row))
            {
                Widen(page, Count % _pageRows);
            }

            Write(row, page, Count % _pageRows);
        }
    }

    /// <summary>Reads rows.</summary>
    /// <param name="from">The first.</param>
    /// <param name="rows">Receives them, <c>[n, width]</c>.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Read(int from, Span<float> rows)
    {
        for (; !rows.IsEmpty; rows = rows[width..], from++)
        {
            Page page = _pages[from / _pageRows];
            int rowBytes = page.IsHalf ? width * sizeof(ushort) : width * sizeof(float), at = from % _pageRows * rowBytes;
            if (page.Bytes is { } bytes)
            {
                Decode(bytes.AsSpan(at, rowBytes), page.IsHalf, rows[..width]);
            }
            else
            {
                byte[] read = new byte[rowBytes];
                _file!.Position = page.Offset + at;
                _file.ReadExactly(read);
                Decode(read, page.IsHalf, rows[..width]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory.Return(_taken);
        _taken = 0;
        _pages.Clear();
        _file?.Dispose(); // and with it the file
        _file = null;
    }

    private static bool IsRounded(ReadOnlySpan<float> row)
    {
        foreach (int bits in MemoryMarshal.Cast<float, int>(row))
        {
            if ((bits & 0xFFFF) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Decode(ReadOnlySpan<byte> bytes, bool isHalf, Span<float> row)
    {
        if (!isHalf)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(row));
            return;
        }

        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = BitConverter.Int32BitsToSingle(halves[i] << 16);
        }
    }

    private void Write(ReadOnlySpan<float> row, Page page, int index)
    {
        if (!page.IsHalf)
        {
            MemoryMarshal.AsBytes(row).CopyTo(page.Bytes.AsSpan(index * width * sizeof(float)));
            return;
        }

        Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(page.Bytes.AsSpan(index * width * sizeof(ushort), width * sizeof(ushort)));
        for (int i = 0; i < width; i++)
        {
            halves[i] = (ushort)(BitConverter.SingleToInt32Bits(row[i]) >>> 16);
        }
    }

    /// <summary>A page for the next rows; where memory has no room for it, the last full one goes to disk and leaves its own.</summary>
    private void AddPage()
    {
        bool isHalf = isRounded && (_pages.Count == 0 || _pages[^1].IsHalf);
        int bytes = _pageRows * width * (isHalf ? sizeof(ushort) : sizeof(float));
        if (memory.TryTake(bytes))
        {
            _taken += bytes;
        }
        else if (_pages.Count > 0)
        {
            Spill(_pages[^1]);
        }

        _pages.Add(new Page { Bytes = new byte[bytes], IsHalf = isHalf });
    }

    private void Spill(Page page)
    {
        if (page.Bytes is null)
        {
            return;
        }

        _file ??= Open();
        _file.Position = _fileEnd;
        _file.Write(page.Bytes);
        (page.Offset, page.Bytes) = (_fileEnd, null);
        _fileEnd = _file.Position;
    }

    /// <summary>A row is not rounded after all: the page goes on in full width.</summary>
    private void Widen(Page page, int rows)
    {
        byte[] halves = page.Bytes!;
        page.Bytes = new byte[_pageRows * width * sizeof(float)];
        page.IsHalf = false;
        memory.Take(page.Bytes.Length - halves.Length);
        _taken += page.Bytes.Length - halves.Length;
        float[] row = new float[width];
        for (int i = 0; i < rows; i++)
        {
            Decode(halves.AsSpan(i * width * sizeof(ushort), width * sizeof(ushort)), isHalf: true, row);
            Write(row, page, i);
        }
    }

    /// <summary>A file that nobody else reads, and that is gone when it is closed; where the system allows it, at once.</summary>
    private static FileStream Open()
    {
        string path = Path.Combine(Path.GetTempPath(), $"whorl-{Environment.ProcessId}-{Path.GetRandomFileName()}.log");
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file = new(path, options);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path); // a process that is killed leaves nothing
        }

        return file;
    }

    private sealed class Page
    {
        /// <summary>The rows; null where they are on disk.</summary>
        public byte[]? Bytes { get; set; }

        /// <summary>Whether the values are bfloat16's upper halves.</summary>
        public bool IsHalf { get; set; }

        /// <summary>Where on disk.</summary>
        public long Offset { get; set; }
    }
}
