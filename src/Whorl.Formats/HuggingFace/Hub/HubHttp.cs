using System.Net;
using System.Net.Http.Headers;

namespace Whorl.Formats;

/// <summary>Requests to the hub: redirects, the token, retries and errors that say what to do.</summary>
internal sealed class HubHttp : IDisposable
{
    private const int MaxRedirects = 10;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private readonly HttpClient _client;
    private readonly HubSettings _settings;
    private readonly TimeProvider _clock;
    private volatile bool _hasAnswered;

    public HubHttp(HubSettings settings, HttpMessageHandler? handler, TimeProvider clock)
    {
        // Redirects are followed here, since the token must not follow them to another host; encodings would change lengths.
        handler ??= new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = ConnectTimeout,
        };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _settings = settings;
        _clock = clock;
    }

    /// <summary>
    /// Gives up where no connection ever came about: there is no network, no such host or nobody who listens, and the next second changes
    /// none of it. Once the hub has answered, all of it may pass.
    /// </summary>
    /// <exception cref="HubException">There is no connection and never was.</exception>
    public void ThrowIfUnreachable(Exception error)
    {
        if (!_hasAnswered && IsNoConnection(error))
        {
            throw new HubException(
                HubErrorKind.Network,
                $"{_settings.Endpoint.Host} cannot be reached ({error.Message}); check the network, or set HF_ENDPOINT to a mirror",
                error);
        }
    }

    public RetryPolicy NewRetries() => new(_settings.MaxAttempts, _clock);

    /// <summary>The address of a file.</summary>
    public Uri FileAddress(string id, string commit, string file) =>
        new($"{Root}/{id}/resolve/{commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>The address of a revision's list of files.</summary>
    public Uri ListingAddress(HubReference reference) =>
        new($"{Root}/api/models/{reference.Id}/revision/{Uri.EscapeDataString(reference.Revision)}");

    /// <summary>A small answer as a whole.</summary>
    /// <exception cref="HubException">The hub refuses, fails, or sends more than <paramref name="maxBytes"/>.</exception>
    public Task<byte[]> GetAsync(Uri address, HubReference reference, int maxBytes, CancellationToken cancellationToken) =>
        WithRetriesAsync(
            HttpMethod.Get,
            address,
            reference,
            followOut: true,
            response => ReadAsync(response, maxBytes, cancellationToken),
            cancellationToken);

    /// <summary>The headers of a file, from the hub itself: a redirect to where large files are stored is not followed.</summary>
    public Task<T> HeadAsync<T>(
        Uri address, HubReference reference, Func<HttpResponseMessage, T> read, CancellationToken cancellationToken) =>
        WithRetriesAsync(
            HttpMethod.Head, address, reference, followOut: false, response => Task.FromResult(read(response)), cancellationToken);

    /// <summary>Starts one attempt at a file's content.</summary>
    /// <param name="address">The file.</param>
    /// <param name="range">Which bytes; null for all.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public Task<HttpResponseMessage> OpenAsync(Uri address, RangeHeaderValue? range, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, address, range, followOut: true, cancellationToken);

    /// <summary>Reads some bytes of a body; an end of the connection and silence are told as <see cref="TransferCutException"/>.</summary>
    public async Task<int> ReadSomeAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using SilenceTimeout silence = Patience(cancellationToken);
        try
        {
            return await body.ReadAsync(buffer, silence.Token);
        }
        catch (Exception error) when (error is IOException or HttpRequestException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new TransferCutException("the connection was cut", error);
        }
    }

    /// <summary>The error for an answer that no retry will change.</summary>
    public HubException Refusal(HttpResponseMessage response, HubReference reference) => HubRefusal.Explain(response, reference, _settings);

    public void Dispose() => _client.Dispose();

    private string Root => _settings.Endpoint.ToString().TrimEnd('/');

    private async Task<T> WithRetriesAsync<T>(
        HttpMethod method,
        Uri address,
        HubReference reference,
        bool followOut,
        Func<HttpResponseMessage, Task<T>> read,
        CancellationToken cancellationToken)
    {
        RetryPolicy retries = NewRetries();
        while (true)
        {
            TimeSpan? retryAfter = null;
            Exception failure;
            try
            {
                using HttpResponseMessage response = await SendAsync(method, address, range: null, followOut, cancellationToken);
                if (response.IsSuccessStatusCode || (int)response.StatusCode / 100 == 3)
                {
                    return await read(response);
                }

                failure = Refusal(response, reference);
                if (!RetryPolicy.IsTransient(response.StatusCode))
                {
                    throw failure;
                }

                retryAfter = retries.RetryAfter(response.Headers.RetryAfter);
            }
            catch (Exception error) when (RetryPolicy.IsTransient(error, cancellationToken))
            {
                ThrowIfUnreachable(error);
                failure = error;
            }

            if (!await retries.WaitAsync(retryAfter, cancellationToken))
            {
                throw GivenUp(address, failure);
            }
        }
    }

    /// <summary>The error after the last attempt.</summary>
    public static HubException GivenUp(Uri address, Exception failure) => new(
        HubErrorKind.Network,
        $"{address.Host} could not be reached or kept failing ({failure.Message}); try again later, what has arrived is kept",
        failure);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, RangeHeaderValue? range, bool followOut, CancellationToken cancellationToken)
    {
        for (int redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(method, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("whorl", "1"));
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            request.Headers.Range = range;
            if (_settings.Token is not null && IsHub(address))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _settings.Token);
            }

            using SilenceTimeout silence = Patience(cancellationToken);
            HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            _hasAnswered = true;
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            Uri next = new(address, location);
            if (!followOut && !IsSameHost(next, address))
            {
                return response;
            }

            response.Dispose();
            bool downgrade = address.Scheme == "https" && next.Scheme != "https";
            address = downgrade || next.Scheme is not ("http" or "https")
                ? throw new HubException(HubErrorKind.InvalidResponse, $"{address} redirects to {next.Scheme}, which is less safe; refused")
                : next;
        }

        throw new HubException(HubErrorKind.InvalidResponse, $"{address} redirects more than {MaxRedirects} times");
    }

    private static bool IsNoConnection(Exception error) => error is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    }
    or OperationCanceledException { InnerException: TimeoutException };

    private bool IsHub(Uri address) => IsSameHost(address, _settings.Endpoint);

    private static bool IsSameHost(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.Host, other.Host, StringComparison.OrdinalIgnoreCase);

    private SilenceTimeout Patience(CancellationToken cancellationToken) => new(_settings.IdleTimeout, _clock, cancellationToken);

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        Uri? address = response.RequestMessage?.RequestUri;
        if (response.Content.Headers.ContentLength > maxBytes)
        {
            throw new HubException(HubErrorKind.InvalidResponse, $"{address}: the answer has more than {maxBytes} bytes");
        }

        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var whole = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        while (await ReadSomeAsync(body, buffer, cancellationToken) is > 0 and int count)
        {
            await whole.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            if (whole.Length > maxBytes)
            {
                throw new HubException(HubErrorKind.InvalidResponse, $"{address}: the answer has more than {maxBytes} bytes");
            }
        }

        return response.Content.Headers.ContentLength is { } length && length != whole.Length
            ? throw new TransferCutException($"{whole.Length} of {length} bytes arrived")
            : whole.ToArray();
    }
}
