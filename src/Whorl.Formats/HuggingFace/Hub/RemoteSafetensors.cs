using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;

namespace Whorl.Formats;

/// <summary>A safetensors file on the hub: its header is read, its tensors are fetched by range.</summary>
internal sealed class RemoteSafetensors
{
    private const int LengthBytes = 8;
    private readonly HubHttp _http;
    private readonly Uri _address;

    private RemoteSafetensors(HubHttp http, HubReference reference, RemoteFile file)
    {
        _http = http;
        Reference = reference;
        File = file;
        _address = http.FileAddress(reference.Id, file.Commit, file.Name);
    }

    public HubReference Reference { get; }

    public RemoteFile File { get; }

    /// <summary>The tensors; their offsets are in the hub's file.</summary>
    public SafetensorsHeader Header { get; private set; } = new([], new Dictionary<string, string>());

    /// <summary>The header's JSON.</summary>
    public byte[] HeaderJson { get; private set; } = [];

    /// <summary>Reads a file's header.</summary>
    /// <exception cref="HubException">The file cannot be had, or the hub serves no ranges of it.</exception>
    /// <exception cref="ModelFormatException">It is not well formed.</exception>
    public static async Task<RemoteSafetensors> OpenAsync(
        HubHttp http, HubReference reference, RemoteFile file, CancellationToken cancellationToken)
    {
        var remote = new RemoteSafetensors(http, reference, file);
        string name = $"{reference.Id}/{file.Name}";
        if (file.Size < LengthBytes)
        {
            throw new ModelFormatException(name, $"no safetensors file: it has {file.Size} bytes");
        }

        byte[] lengthBytes = await remote.ReadAsync(0, LengthBytes, cancellationToken);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > SafetensorsHeader.MaxHeaderBytes || (long)length > file.Size - LengthBytes)
        {
            throw new ModelFormatException(name, $"the header says it has {length} bytes, of {file.Size} of the file", offset: 0);
        }

        remote.HeaderJson = await remote.ReadAsync(LengthBytes, (int)length, cancellationToken);
        remote.Header = new SafetensorsHeaderParser(name, LengthBytes + (long)length, file.Size).Parse(remote.HeaderJson);
        return remote;
    }

    /// <summary>Copies a range of the file to the end of a stream, from <paramref name="offset"/> on.</summary>
    /// <param name="offset">Where the range begins in the file.</param>
    /// <param name="length">Its length.</param>
    /// <param name="destination">Written to at its position.</param>
    /// <param name="progress">Told the bytes of every step.</param>
    /// <param name="cancellationToken">Stops; what has been written is good.</param>
    /// <exception cref="HubException">It cannot be had.</exception>
    public async Task CopyAsync(long offset, long length, Stream destination, Action<int> progress, CancellationToken cancellationToken)
    {
        RetryPolicy retries = _http.NewRetries();
        long done = 0;
        while (done < length)
        {
            long before = done;
            TimeSpan? retryAfter = null;
            Exception failure;
            try
            {
                var range = new RangeHeaderValue(offset + done, offset + length - 1);
                using HttpResponseMessage response = await _http.OpenAsync(_address, range, cancellationToken);
                if (IsRange(response, offset + done, length - done))
                {
                    await CopyBodyAsync(response, count => done += count);
                    continue;
                }

                failure = _http.Refusal(response, Reference);
                retryAfter = RetryPolicy.IsTransient(response.StatusCode) ? retries.RetryAfter(response.Headers.RetryAfter) : throw failure;
            }
            catch (Exception error) when (RetryPolicy.IsTransient(error, cancellationToken))
            {
                failure = error;
                if (done > before)
                {
                    retries.Reset();
                }
            }

            if (!await retries.WaitAsync(retryAfter, cancellationToken))
            {
                throw HubHttp.GivenUp(_address, failure);
            }
        }

        async Task CopyBodyAsync(HttpResponseMessage response, Action<int> count)
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            byte[] buffer = new byte[(int)Math.Min(length - done, 1 << 18)];
            while (done < length)
            {
                int wanted = (int)Math.Min(buffer.Length, length - done);
                int read = await _http.ReadSomeAsync(body, buffer.AsMemory(0, wanted), cancellationToken);
                if (read == 0)
                {
                    throw new TransferCutException($"{done} of {length} bytes of a range arrived");
                }

                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                count(read);
                progress(read);
            }
        }
    }

    private async Task<byte[]> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[length];
        using var stream = new MemoryStream(bytes);
        await CopyAsync(offset, length, stream, _ => { }, cancellationToken);
        return bytes;
    }

    // Whether the answer is exactly the range that was asked for, of exactly the file that was described.
    private bool IsRange(HttpResponseMessage response, long offset, long length)
    {
        if (response.StatusCode is not (HttpStatusCode.PartialContent or HttpStatusCode.OK))
        {
            return false;
        }

        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        bool fits = response.StatusCode == HttpStatusCode.PartialContent && range?.From == offset && range.To == offset + length - 1
            && (range.Length ?? File.Size) == File.Size && (response.Content.Headers.ContentLength ?? length) == length;
        return fits ? true : throw new HubException(
            HubErrorKind.InvalidResponse,
            $"{Reference}: the hub does not serve the bytes {offset} to {offset + length - 1} of {File.Name} by themselves; "
            + "pull the model whole");
    }
}
