using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Whorl.Formats;

/// <summary>Fetches one file's content into the cache: goes on where an earlier attempt ended, and checks length and checksum.</summary>
/// <param name="http">The hub.</param>
/// <param name="reference">What was asked for, for messages.</param>
/// <param name="file">The file.</param>
/// <param name="blob">Where its content goes; <c>.incomplete</c> is appended until it is whole.</param>
/// <param name="open">Opens the unfinished file for reading and writing.</param>
/// <param name="progress">Told how many bytes are there.</param>
internal sealed class BlobDownload(
    HubHttp http, HubReference reference, RemoteFile file, string blob, Func<string, Stream> open, Action<long> progress)
{
    private const int BufferBytes = 1 << 18;
    private const int MaxWrongContents = 2;
    private readonly Uri _address = http.FileAddress(reference.Id, file.Commit, file.Name);
    private readonly string _partial = blob + ".incomplete";

    /// <summary>Opens an unfinished file as it is used outside of tests.</summary>
    public static Stream OpenFile(string path) =>
        new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, useAsync: true);

    /// <summary>Fetches what is missing.</summary>
    /// <exception cref="HubException">It cannot be had; what has arrived stays for the next time, unless it is wrong.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (int wrong = 0; !await FetchAsync(cancellationToken); wrong++)
            {
                File.Delete(_partial);
                if (wrong + 1 == MaxWrongContents)
                {
                    throw new HubException(
                        HubErrorKind.Corrupt,
                        $"{reference}: {file.Name} arrived {MaxWrongContents} times with another content than {file.ETag} of {file.Size} "
                        + "bytes; try again later, or through another network");
                }
            }
        }
        catch (IOException error) when (Disk.IsFull(error))
        {
            long there = new FileInfo(_partial) is { Exists: true, Length: var length } ? length : 0;
            throw Disk.Full(Path.GetDirectoryName(blob)!, file.Size - there, file.Name, error);
        }

        File.Move(_partial, blob, overwrite: true);
    }

    // False where what the hub sends cannot be the content.
    private async Task<bool> FetchAsync(CancellationToken cancellationToken)
    {
        await using Stream partial = open(_partial);
        using var hash = new ContentHash(file.ETag, file.Size);
        if (partial.Length > file.Size)
        {
            partial.SetLength(0);
        }

        await HashExistingAsync(partial, hash, cancellationToken);
        RetryPolicy retries = http.NewRetries();
        while (partial.Length < file.Size)
        {
            long before = partial.Length;
            TimeSpan? retryAfter = null;
            Exception failure;
            try
            {
                using HttpResponseMessage response = await http.OpenAsync(_address, RangeFrom(before), cancellationToken);
                if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    if (await TakeAsync(response, partial, hash, cancellationToken))
                    {
                        continue;
                    }

                    return false;
                }

                failure = http.Refusal(response, reference);
                retryAfter = RetryPolicy.IsTransient(response.StatusCode) ? retries.RetryAfter(response.Headers.RetryAfter) : throw failure;
            }
            catch (Exception error) when (RetryPolicy.IsTransient(error, cancellationToken))
            {
                failure = error;
                if (partial.Length > before)
                {
                    retries.Reset();
                }
            }

            if (!await retries.WaitAsync(retryAfter, cancellationToken))
            {
                throw HubHttp.GivenUp(_address, failure);
            }
        }

        await partial.FlushAsync(cancellationToken);
        return hash.Matches();
    }

    // Takes a body to the end of the file, or throws where it is cut. False: the answer is for another content or range.
    private async Task<bool> TakeAsync(HttpResponseMessage response, Stream partial, ContentHash hash, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.OK && partial.Length > 0)
        {
            // The range was not honoured: the body starts anew, and so does the file.
            partial.SetLength(0);
            hash.Restart();
        }

        long start = partial.Length;
        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        bool rightRange = response.StatusCode == HttpStatusCode.OK
            || (response.StatusCode == HttpStatusCode.PartialContent && range?.From == start && (range.Length ?? file.Size) == file.Size);
        if (!rightRange || (response.Content.Headers.ContentLength is { } length && start + length != file.Size))
        {
            return false;
        }

        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            partial.Position = start;
            while (await http.ReadSomeAsync(body, buffer, cancellationToken) is > 0 and int count)
            {
                if (partial.Length + count > file.Size)
                {
                    return false;
                }

                await partial.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                hash.Append(buffer.AsSpan(0, count));
                progress(partial.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return partial.Length == file.Size
            ? true
            : throw new TransferCutException($"{partial.Length} of {file.Size} bytes of {file.Name} arrived");
    }

    private async Task HashExistingAsync(Stream partial, ContentHash hash, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            partial.Position = 0;
            while (await partial.ReadAsync(buffer, cancellationToken) is > 0 and int count)
            {
                hash.Append(buffer.AsSpan(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        progress(partial.Length);
    }

    private static RangeHeaderValue? RangeFrom(long start) => start > 0 ? new RangeHeaderValue(start, null) : null;
}
