using Microsoft.Extensions.Logging;
using Whorl.Dht.Records;
using Whorl.Models;

namespace Whorl.Server;

/// <summary>Tells the swarm which blocks this process holds, again and again until it is disposed, and then that it is gone.</summary>
public sealed class SwarmAnnouncer : IAsyncDisposable
{
    /// <summary>Time between announcements; each is valid for twice as long, as Petals does.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(60);

    private readonly SwarmDirectory _directory;
    private readonly string _prefix;
    private readonly HostedSpan _span;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Begins to announce.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="prefix">The model's prefix in the DHT.</param>
    /// <param name="model">Told with it.</param>
    /// <param name="span">The blocks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told of announcements that nobody took.</param>
    public SwarmAnnouncer(SwarmDirectory directory, string prefix, ModelInfo model, HostedSpan span, TimeProvider time, ILogger log)
    {
        (_directory, _prefix, _span, _time, _log) = (directory, prefix, span, time, log);
        _running = RunAsync(model);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2), _time);
        try
        {
            await DeclareAsync(ServerState.Offline, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            Log.NotAnnounced(_log, _prefix, e.Message);
        }

        _stop.Dispose();
    }

    private async Task RunAsync(ModelInfo model)
    {
        try
        {
            while (true)
            {
                bool taken = await DeclareAsync(ServerState.Online, _stop.Token) & await _directory.DeclareModelAsync(_prefix, model, Expiration(), _stop.Token);
                if (!taken)
                {
                    Log.NotAnnounced(_log, _prefix, "no other node took the record");
                }

                await Task.Delay(Period, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Log.AnnouncingEnds(_log, _prefix);
        }
    }

    private Task<bool> DeclareAsync(ServerState state, CancellationToken cancellationToken)
    {
        BlockRange range = _span.Range;
        ServerInfo info = new()
        {
            State = state,
            Throughput = 1, // not measured yet; Petals' clients want a number
            StartBlock = range.First,
            EndBlock = range.Last + 1,
            Version = "whorl",
        };
        return _directory.DeclareServerAsync(_prefix, Enumerable.Range(range.First, range.Count), info, Expiration(), cancellationToken);
    }

    private double Expiration() => (_time.GetUtcNow() + (2 * Period)).ToUnixTimeMilliseconds() / 1000.0;
}
