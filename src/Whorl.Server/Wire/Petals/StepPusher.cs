using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Whorl.P2P;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;

namespace Whorl.Server.Petals;

/// <summary>Hands finished steps on to the servers of the following blocks, so that these need not wait for the client.</summary>
/// <param name="client">Calls the next server.</param>
/// <param name="options">The prefix, and how long a push may take.</param>
/// <param name="log">Told of pushes that failed; the client sends each step too, so nothing is lost.</param>
internal sealed class StepPusher(RpcClient client, PetalsServerOptions options, ILogger log) : IAsyncDisposable
{
    private const int MaxBlocks = 4096;

    /// <summary>Pushes under way at once; more are left to the client, since the next server may not answer for minutes.</summary>
    private const int MaxRunning = 64;

    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Begins to push a step's output to the first of its next servers, unless too many pushes are under way.</summary>
    /// <param name="output">The step's answer.</param>
    /// <param name="request">The step: its other tensors go along.</param>
    /// <param name="metadata">The step's metadata, which names at least one next server.</param>
    public void Begin(TensorMessage output, ExpertRequest request, RequestMetadata metadata)
    {
        if (_running.Count >= MaxRunning)
        {
            Log.NotPushed(log, metadata.NextServers![0].PeerId, $"{MaxRunning} others are under way");
            return;
        }

        Task push = PushAsync(output, request, metadata);
        _running[push] = true;
        push.GetAwaiter().OnCompleted(() => _running.TryRemove(push, out _));
    }

    /// <summary>Gives up what is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Keys);
        _stop.Dispose();
    }

    private async Task PushAsync(TensorMessage output, ExpertRequest request, RequestMetadata metadata)
    {
        NextServer next = metadata.NextServers![0];
        RequestMetadata pushed = metadata with { SessionId = next.SessionId, NextServers = [.. metadata.NextServers.Skip(1)], Pushed = true };
        try
        {
            if (next.End - next.Start is < 1 or > MaxBlocks)
            {
                throw new FormatException($"blocks {next.Start} to {next.End} are no chain");
            }

            ExpertRequest push = new(
                ModuleUid.Chain(options.Prefix, next.Start, next.End), [output, .. request.Tensors.Skip(1)], pushed.ToBytes());
            await client.CallAsync(PeerId.Parse(next.PeerId), PetalsMethods.Push, push.ToBytes(), options.RequestTimeout, _stop.Token);
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException or TimeoutException or OperationCanceledException)
        {
            Log.NotPushed(log, next.PeerId, e.Message);
        }
    }
}
