namespace Whorl.Formats.Tests;

/// <summary>The system's sockets, but some requests find nobody who listens.</summary>
/// <param name="fails">Whether the request of that number, from 1, fails.</param>
internal sealed class UnreliableHandler(Func<int, bool> fails)
    : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
{
    private int _requests;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        fails(Interlocked.Increment(ref _requests))
            ? throw new HttpRequestException(HttpRequestError.ConnectionError, "connection refused")
            : base.SendAsync(request, cancellationToken);
}
