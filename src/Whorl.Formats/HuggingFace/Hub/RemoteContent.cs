using System.Net;
using System.Net.Http.Headers;

namespace Whorl.Formats;

/// <summary>A file on the hub, read by ranges.</summary>
internal sealed class RemoteContent(HubHttp http, HubReference reference, RemoteFile file)
{
    private readonly Uri _address = http.FileAddress(reference.Id, file.Commit, file.Name);

    public RemoteFile File => file;

    /// <summary>What the file is called in messages about its content.</summary>
    public string Path => $"{reference.Id}/{file.Name}";

    /// <summary>What the file is, to the byte: its repository, commit and name.</summary>
    public string Source => $"{reference.Id}@{file.Commit}/{file.Name}";

    /// <summary>Reads a range into memory.</summary>
    /// <param name="offset">Where it begins in the file.</param>
    /// <param name="destination">Filled from <paramref name="start"/> on to its end.</param>
    /// <param name="start">Where in the destination the range goes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="HubException">It cannot be had.</exception>
    public async Task ReadAsync(long offset, byte[] destination, int start, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(destination, start, destination.Length - start);
        await CopyAsync(offset, destination.Length - start, stream, _ => { }, cancellationToken);
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
        RetryPolicy retries = http.NewRetries();
        long done = 0;
        while (done < length)
        {
            long before = done;
            TimeSpan? retryAfter = null;
            Exception failure;
            try
            {
                var range = new RangeHeaderValue(offset + done, offset + length - 1);
                using HttpResponseMessage response = await http.OpenAsync(_address, range, cancellationToken);
                if (IsRange(response, offset + done, length - done))
                {
                    await CopyBodyAsync(response, count => done += count);
                    continue;
                }

                failure = http.Refusal(response, reference);
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
                int read = await http.ReadSomeAsync(body, buffer.AsMemory(0, wanted), cancellationToken);
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

    // Whether the answer is exactly the range that was asked for, of exactly the file that was described.
    private bool IsRange(HttpResponseMessage response, long offset, long length)
    {
        if (response.StatusCode is not (HttpStatusCode.PartialContent or HttpStatusCode.OK))
        {
            return false;
        }

        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        bool fits = response.StatusCode == HttpStatusCode.PartialContent && range?.From == offset && range.To == offset + length - 1
            && (range.Length ?? file.Size) == file.Size && (response.Content.Headers.ContentLength ?? length) == length;
        return fits ? true : throw new HubException(
            HubErrorKind.InvalidResponse,
            $"{reference}: the hub does not serve the bytes {offset} to {offset + length - 1} of {file.Name} by themselves; "
            + "pull the model whole");
    }
}
