using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Whorl.P2P.Transports;

/// <summary>The handlers of a host, the handler calls under way, and how they end: shared by every kind of host.</summary>
internal sealed class HandlerTable(ILogger logger) : IAsyncDisposable
{
    /// <summary>How long handlers that are told to stop may take to tell their callers.</summary>
    public static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Func<PeerStream, CancellationToken, Task>> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Task> _running = new();
    private readonly CancellationTokenSource _closing = new();
    private long _lastRun;
    private int _disposed;

    public ICollection<string> Protocols => _handlers.Keys;

    public void Add(string protocolId, Func<PeerStream, CancellationToken, Task> handler)
    {
        ProtocolIds.Check(protocolId);
        ArgumentNullException.ThrowIfNull(handler);
        if (!_handlers.TryAdd(protocolId, handler))
        {
            throw new InvalidOperationException($"protocol '{protocolId}' already has a handler");
        }
    }

    public bool Remove(string protocolId) => _handlers.TryRemove(protocolId, out _);

    public bool Contains(string protocolId) => _handlers.ContainsKey(protocolId);

    /// <summary>Runs the stream's handler in the background; the stream is disposed or reset when it ends.</summary>
    /// <returns>The handler's end, which never throws; null where there was no handler, and the stream is untouched.</returns>
    public Task? TryStartAsync(PeerStream stream)
    {
        if (!_handlers.TryGetValue(stream.ProtocolId, out Func<PeerStream, CancellationToken, Task>? handler) || _closing.IsCancellationRequested)
        {
            return null;
        }

        long run = Interlocked.Increment(ref _lastRun);
        TaskCompletionSource listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task running = _running[run] = RunAsync(run, listed.Task, stream, handler);
        listed.SetResult();
        return running;
    }

    /// <summary>Tells the handlers to stop and gives them <see cref="FarewellTime"/>; those left have to be waited for by disposing.</summary>
    public async Task CancelAsync()
    {
        if (Volatile.Read(ref _disposed) != 0)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);

        // By the system's clock: a host whose clock a test holds still must close too.
        await Task.WhenAll(_running.Values).WaitAsync(FarewellTime, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task RunAsync(long run, Task listed, PeerStream stream, Func<PeerStream, CancellationToken, Task> handler)
    {
        await listed.ConfigureAwait(false);
        try
        {
            await handler(stream, _closing.Token).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or WireFormatException)
        {
            Log.HandlerEnded(logger, stream.ProtocolId, stream.RemotePeer, e.Message);
            stream.Reset();
        }
        catch (Exception e) // A handler's own fault must not take the host with it; it is logged with its trace.
        {
            Log.HandlerFailed(logger, e, stream.ProtocolId, stream.RemotePeer);
            stream.Reset();
        }
        finally
        {
            _running.TryRemove(run, out _);
        }
    }
}
