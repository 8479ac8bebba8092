using System.Globalization;
using Whorl.Models;

namespace Whorl.Server.Petals;

/// <summary>Gives cache memory to batches of sequences: at once, or to whoever waits longest when some is given back.</summary>
internal sealed class CacheMemory(HostedSpan span) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _surplus; // bytes that open batches take beyond their tokens: rounding, and what does not grow with tokens

    /// <summary>Tokens that there is memory for, summed over blocks: an open batch counts as the tokens it was opened for, as Petals' do.</summary>
    public long FreeTokens => Math.Max(0, span.Budget.Free + span.Memory.DetachedBytes + Interlocked.Read(ref _surplus)) / span.BytesPerToken;

    /// <summary>Opens a batch.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="range">Which blocks.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="maxLength">Tokens of each, 0 or more.</param>
    /// <param name="timeout">How long to wait for memory; zero to fail at once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PetalsException">There is no memory.</exception>
    public async Task<SessionBatch> OpenAsync(PeerAccount account, BlockRange range, int batch, int maxLength, TimeSpan timeout, CancellationToken cancellationToken)
    {
        SessionBatch opened = await OpenInTimeAsync(account, new BlockSessionOptions(range, Math.Max(1, maxLength)), batch, timeout, cancellationToken);
        opened.SurplusBytes = opened.Bytes - ((long)batch * maxLength * range.Count * span.BytesPerToken);
        Interlocked.Add(ref _surplus, opened.SurplusBytes);
        return opened;
    }

    /// <summary>Closes a batch.</summary>
    public ValueTask CloseAsync(SessionBatch batch)
    {
        Interlocked.Add(ref _surplus, -batch.SurplusBytes);
        return batch.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<SessionBatch> OpenInTimeAsync(PeerAccount account, BlockSessionOptions options, int batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        double wanted = span.SessionBytes(options) * (double)batch;
        if (span.Memory.IsLeaving)
        {
            throw new PetalsException("AllocationFailed", SessionMemory.LeavingText);
        }

        if (wanted > span.Budget.Bytes)
        {
            throw Failure(wanted, timeout);
        }

        bool made = wanted > span.Budget.Free && span.Memory.TryMakeRoom(account, (long)wanted);
        if (timeout == TimeSpan.Zero && !made)
        {
            return await TryOpenAsync(account, options, batch, wanted) ?? throw Failure(wanted, timeout);
        }

        using CancellationTokenSource timer = new(timeout > TimeSpan.Zero ? timeout : span.Limits.EvictionTime, span.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await WaitAsync(account, options, batch, wanted, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(wanted, timeout);
        }
    }

    private async Task<SessionBatch> WaitAsync(PeerAccount account, BlockSessionOptions options, int batch, double wanted, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken); // who came first is served first
        try
        {
            while (true)
            {
                Task closing = span.Memory.NextClosing; // before looking, so that no notice is missed
                if (wanted <= span.Budget.Free)
                {
                    if (await TryOpenAsync(account, options, batch, wanted) is { } opened)
                    {
                        return opened;
                    }

                    closing = span.Memory.NextClosing; // that what was opened in vain was closed is no notice
                }

                await closing.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<SessionBatch?> TryOpenAsync(PeerAccount account, BlockSessionOptions options, int batch, double wanted)
    {
        if (wanted > span.Budget.Free)
        {
            return null; // before any memory is taken
        }

        try
        {
            long each = span.SessionBytes(options);
            return await SessionBatch.OpenAsync(span, options, batch, span.Memory.Enter(account.Owner, account.Host?.Name, batch, batch * each), each);
        }
        catch (MemoryBudgetException)
        {
            return null; // someone else was faster, or its peer's quota is used up
        }
    }

    private static PetalsException Failure(double wanted, TimeSpan timeout)
    {
        string bytes = wanted.ToString("F0", CultureInfo.InvariantCulture), seconds = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return new PetalsException(
            "AllocationFailed",
            timeout == TimeSpan.Zero ? $"Could not allocate {bytes} bytes immediately: out of memory" : $"Could not allocate {bytes} bytes within {seconds} seconds: out of memory");
    }
}
