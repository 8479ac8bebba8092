using System.Net;
using System.Net.Http.Headers;

namespace Whorl.Formats;

/// <summary>When a failed request is worth another attempt, and how long to wait before it.</summary>
internal sealed class RetryPolicy(int maxAttempts, TimeProvider clock)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    // A hub that asks for more patience than this is not coming back soon.
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    private int _failures;

    /// <summary>Forgets the failures: the last attempt brought something.</summary>
    public void Reset() => _failures = 0;

    /// <summary>Waits before the next attempt: 1 s, 2 s, 4 s …, or as long as the hub asked for.</summary>
    /// <returns>False where the attempts are used up.</returns>
    public async Task<bool> WaitAsync(TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        if (++_failures >= maxAttempts || retryAfter > LongestRetryAfter)
        {
            return false;
        }

        TimeSpan growing = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, _failures - 1), LongestWait.TotalSeconds));
        await Task.Delay(retryAfter > growing ? retryAfter.Value : growing, clock, cancellationToken);
        return true;
    }

    /// <summary>What a Retry-After header asks for, or null.</summary>
    public TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? date - clock.GetUtcNow() : null);

    /// <summary>Whether the same request may succeed later.</summary>
    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    /// <summary>Whether an exception tells of the network, not of the request.</summary>
    public static bool IsTransient(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or TransferCutException
        || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
