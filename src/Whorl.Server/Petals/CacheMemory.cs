using System.Globalization;
using Whorl.Models;

namespace Whorl.Server.Petals;

/// <summary>Gives cache memory to batches of sequences: at once, or to whoever waits longest when some is given back.</summary>
internal sealed class CacheMemory : IDisposable
{
    private const int Probe = 16; // tokens; cache memory grows in steps of so many

    private readonly HostedSpan _span;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly long _fixedBytes;
    private readonly long _probeBytes;
    private long _surplus; // bytes that open batches take beyond their tokens: rounding, and what does not grow with tokens

    /// <summary>Measures what sessions take.</summary>
    public CacheMemory(HostedSpan span, TimeProvider time)
    {
        (_span, _time) = (span, time);
        long one = span.MeasureCache(Probe);
        _probeBytes = span.MeasureCache(2 * Probe) - one;
        _fixedBytes = one - _probeBytes;
    }

    /// <summary>Bytes of a token in one block, as Petals counts; for models whose memory does not grow, 1.</summary>
    public long BytesPerToken => Math.Max(1, _probeBytes / Probe / _span.Range.Count);

    /// <summary>Tokens that there is memory for, summed over blocks: an open batch counts as the tokens it was opened for, as Petals' do.</summary>
    public long FreeTokens => Math.Max(0, _span.Budget.Free + Interlocked.Read(ref _surplus)) / BytesPerToken;

    /// <summary>Opens a batch.</summary>
    /// <param name="range">Which blocks.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="maxLength">Tokens of each, 0 or more.</param>
    /// <param name="timeout">How long to wait for memory; zero to fail at once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PetalsException">There is no memory.</exception>
    public async Task<SessionBatch> OpenAsync(BlockRange range, int batch, int maxLength, TimeSpan timeout, CancellationToken cancellationToken)
    {
        SessionBatch opened = await OpenInTimeAsync(new BlockSessionOptions(range, Math.Max(1, maxLength)), batch, timeout, cancellationToken);
        opened.SurplusBytes = opened.Bytes - ((long)batch * maxLength * range.Count * BytesPerToken);
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

    private async Task<SessionBatch> OpenInTimeAsync(BlockSessionOptions options, int batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        double wanted = SessionBytes(options) * (double)batch;
        if (wanted > _span.Budget.Bytes)
        {
            throw Failure(wanted, timeout);
        }

        if (timeout == TimeSpan.Zero)
        {
            return await TryOpenAsync(options, batch, wanted) ?? throw Failure(wanted, timeout);
        }

        using CancellationTokenSource timer = new(timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await WaitAsync(options, batch, wanted, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(wanted, timeout);
        }
    }

    private async Task<SessionBatch> WaitAsync(BlockSessionOptions options, int batch, double wanted, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken); // who came first is served first
        try
        {
            while (true)
            {
                Task closing = _span.NextClosing; // before looking, so that no notice is missed
                if (wanted <= _span.Budget.Free)
                {
                    if (await TryOpenAsync(options, batch, wanted) is { } opened)
                    {
                        return opened;
                    }

                    closing = _span.NextClosing; // that what was opened in vain was closed is no notice
                }

                await closing.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<SessionBatch?> TryOpenAsync(BlockSessionOptions options, int batch, double wanted)
    {
        if (wanted > _span.Budget.Free)
        {
            return null; // before any memory is taken
        }

        try
        {
            return await SessionBatch.OpenAsync(_span, options, batch);
        }
        catch (MemoryBudgetException)
        {
            return null; // someone else was faster
        }
    }

    private long SessionBytes(BlockSessionOptions options) =>
        (_fixedBytes + ((options.MaxLength + Probe - 1L) / Probe * _probeBytes)) / _span.Range.Count * options.Range.Count;

    private static PetalsException Failure(double wanted, TimeSpan timeout)
    {
        string bytes = wanted.ToString("F0", CultureInfo.InvariantCulture), seconds = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return new PetalsException(
            "AllocationFailed",
            timeout == TimeSpan.Zero ? $"Could not allocate {bytes} bytes immediately: out of memory" : $"Could not allocate {bytes} bytes within {seconds} seconds: out of memory");
    }
}
