using System.Buffers.Binary;

namespace Whorl.P2P.Security.Noise;

/// <summary>An encrypted connection: frames of a 2-byte big-endian length and at most 65519 bytes of plaintext. One reader, one writer.</summary>
internal sealed class NoiseStream(Stream raw, ChaChaPoly encrypt, ChaChaPoly decrypt) : Stream
{
    private const int PrefixBytes = 2;
    private const int MaxFrameBytes = ushort.MaxValue;
    private const int MaxPlaintextBytes = MaxFrameBytes - ChaChaPoly.TagBytes;
    private const int BufferBytes = 2 * (PrefixBytes + MaxFrameBytes);

    private readonly byte[] _incoming = GC.AllocateUninitializedArray<byte>(BufferBytes); // ciphertext, decrypted where it lies
    private readonly byte[] _outgoing = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _start; // of what was received and not decrypted
    private int _end;
    private Memory<byte> _plaintext; // of the last frame, not yet taken
    private int _disposed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (_plaintext.IsEmpty)
        {
            if (!await FillAsync(PrefixBytes, cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(_incoming.AsSpan(_start));
            if (!await FillAsync(PrefixBytes + length, cancellationToken).ConfigureAwait(false))
            {
                throw new EndOfStreamException("noise: the connection ended within a frame");
            }

            Memory<byte> frame = _incoming.AsMemory(_start + PrefixBytes, length);
            _start += PrefixBytes + length;
            if (!decrypt.TryDecrypt(frame.Span, default, frame.Span))
            {
                throw new ProtocolViolationException("noise: a frame that does not decrypt");
            }

            _plaintext = frame[..^ChaChaPoly.TagBytes];
        }

        int taken = Math.Min(buffer.Length, _plaintext.Length);
        _plaintext[..taken].CopyTo(buffer);
        _plaintext = _plaintext[taken..];
        return taken;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int filled = 0;
            while (!buffer.IsEmpty && filled + PrefixBytes + ChaChaPoly.TagBytes + Math.Min(buffer.Length, MaxPlaintextBytes) <= BufferBytes)
            {
                int taken = Math.Min(buffer.Length, MaxPlaintextBytes);
                BinaryPrimitives.WriteUInt16BigEndian(_outgoing.AsSpan(filled), (ushort)(taken + ChaChaPoly.TagBytes));
                encrypt.Encrypt(buffer.Span[..taken], default, _outgoing.AsSpan(filled + PrefixBytes, taken + ChaChaPoly.TagBytes));
                filled += PrefixBytes + taken + ChaChaPoly.TagBytes;
                buffer = buffer[taken..];
            }

            await raw.WriteAsync(_outgoing.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => raw.FlushAsync(cancellationToken);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("use ReadAsync");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("use WriteAsync");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Closes the raw connection; a read or write under way fails.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await raw.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Makes so many bytes lie at <see cref="_start"/>.</summary>
    /// <returns>False where the connection ended between frames.</returns>
    private async ValueTask<bool> FillAsync(int needed, CancellationToken cancellationToken)
    {
        if (_start + needed > BufferBytes || _start == _end)
        {
            _incoming.AsSpan(_start, _end - _start).CopyTo(_incoming);
            _end -= _start;
            _start = 0;
        }

        while (_end - _start < needed)
        {
            int read = await raw.ReadAsync(_incoming.AsMemory(_end, BufferBytes - _end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return _end == _start ? false : throw new EndOfStreamException("noise: the connection ended within a frame");
            }

            _end += read;
        }

        return true;
    }
}
