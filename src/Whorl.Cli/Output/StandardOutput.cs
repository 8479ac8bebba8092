using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Whorl.Cli.Output;

/// <summary>
/// Standard output for commands whose output is their purpose: where its reader has gone, the next write ends the command. .NET's own
/// takes such writes for done, and the program would compute on for nobody.
/// </summary>
internal sealed class StandardOutput : Stream
{
    private const string Closed = "standard output is closed; there is nowhere to write to";
    private const int BrokenPipe = 32; // EPIPE, on Linux and macOS
    private readonly Stream _console = Console.OpenStandardOutput();
    private readonly FileStream? _pipe = OpenPipe();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Makes it what <see cref="Console.Out"/> writes to.</summary>
    public static void Use() => Console.SetOut(TextWriter.Synchronized(OpenWriter(autoFlush: true)));

    /// <summary>Refuses where there is none.</summary>
    /// <exception cref="CliException">It is closed.</exception>
    public static void Require()
    {
        if (StandardHandles.IsClosed(1))
        {
            throw new CliException(Closed);
        }
    }

    /// <summary>A writer of UTF-8 with Unix line ends where not the system's are meant.</summary>
    /// <param name="autoFlush">Whether each write is passed on at once.</param>
    public static StreamWriter OpenWriter(bool autoFlush) => new(new StandardOutput(), new UTF8Encoding(false)) { AutoFlush = autoFlush };

    /// <exception cref="BrokenOutputException">Nobody reads any more.</exception>
    /// <exception cref="CliException">It cannot be written to.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            Pass(buffer);
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException(Closed);
        }
        catch (IOException e)
        {
            throw new CliException($"standard output cannot be written to: {e.Message}");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Pass(ReadOnlySpan<byte> buffer)
    {
        if (_pipe is null)
        {
            _console.Write(buffer);
            return;
        }

        try
        {
            _pipe.Write(buffer);
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            throw new BrokenOutputException();
        }
        catch (IOException)
        {
            _console.Write(buffer); // which waits where a pipe is full and does not block
        }
    }

    /// <summary>Standard output as a file; null where it is none that can break, and on Windows, where only .NET's own is at hand.</summary>
    private static FileStream? OpenPipe()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return null;
        }

        try
        {
            FileStream file = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return file.CanSeek ? null : file; // positions in files are shared with who else writes there, and a FileStream has its own
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // it is closed
        }
    }
}
