namespace Whorl.Formats.Tests;

/// <summary>A file on a disk that is full after some bytes.</summary>
internal sealed class FullDiskStream(Stream inner, long room) : Stream
{
    private const int NoSpaceLeftOnDevice = 28;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void SetLength(long value) => inner.SetLength(value);

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (inner.Position + count > room)
        {
            throw new IOException("No space left on device", NoSpaceLeftOnDevice);
        }

        inner.Write(buffer, offset, count);
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}
