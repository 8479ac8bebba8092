using System.Runtime.InteropServices;
using Whorl.Client;
using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Models;

namespace Whorl;

/// <summary>
/// A session that knows which tokens it holds: it is kept from one text to the next where the next one begins with them, and opened anew
/// where it does not, or where a step has failed.
/// </summary>
/// <param name="model">The model.</param>
internal sealed class TextSession(ICausalModel model) : ICausalSession
{
    private readonly List<int> _held = [];
    private readonly List<int> _scratch = [];
    private readonly List<SessionRecovery> _recoveries = []; // of sessions that are closed
    private ICausalSession? _session;
    private int _maxLength;
    private int _maxScratch;

    /// <inheritdoc/>
    public int Committed => _held.Count;

    /// <inheritdoc/>
    public ScratchShape Scratch => _maxScratch == 0 ? ScratchShape.None : _session?.Scratch ?? ScratchShape.None;

    /// <summary>Which blocks compute, by which holder; none before a session is open, nor after one is lost.</summary>
    public IReadOnlyList<BlockHolder> Holders => (_session as CausalSession)?.Holders ?? [];

    /// <summary>What was lost on the way and is there again, from the beginning on.</summary>
    public IReadOnlyList<SessionRecovery> Recoveries => [.. _recoveries, .. (_session as CausalSession)?.Recoveries ?? []];

    /// <summary>Whether what it holds is a beginning of a text.</summary>
    /// <param name="ids">The text.</param>
    /// <param name="maxLength">The most tokens that it is to hold.</param>
    public bool GoesOnWith(ReadOnlySpan<int> ids, int maxLength) =>
        _session is not null && _maxLength == maxLength && _held.Count < ids.Length && ids.StartsWith(CollectionsMarshal.AsSpan(_held));

    /// <summary>Makes it hold a beginning of a text, and nothing else.</summary>
    /// <param name="ids">The text. One token at least is left to be computed, for its logits.</param>
    /// <param name="maxLength">The most tokens that it is to hold.</param>
    /// <param name="maxScratch">The most scratch tokens that will be wanted at a time.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <returns>How many tokens of the text it holds already.</returns>
    public async ValueTask<int> BeginAsync(ReadOnlyMemory<int> ids, int maxLength, int maxScratch, CancellationToken cancellationToken)
    {
        if (!GoesOnWith(ids.Span, maxLength) || maxScratch > _maxScratch)
        {
            await DisposeAsync();
            _session = await model.OpenAsync(maxLength, maxScratch, cancellationToken);
            (_maxLength, _maxScratch) = (maxLength, maxScratch);
        }

        return _held.Count;
    }

    /// <inheritdoc/>
    public async ValueTask StepAsync(CausalStep step, CancellationToken cancellationToken)
    {
        try
        {
            await _session!.StepAsync(step, cancellationToken);
        }
        catch
        {
            await DisposeAsync(); // what it holds now is not known
            throw;
        }

        (step.IsScratch ? _scratch : _held).AddRange(step.Ids.Span);
    }

    /// <inheritdoc/>
    public void Settle(ReadOnlySpan<int> kept)
    {
        if (_session is null)
        {
            return; // lost, and what it held with it
        }

        _session.Settle(kept);
        foreach (int token in kept)
        {
            _held.Add(_scratch[token]);
        }

        _scratch.Clear();
    }

    /// <inheritdoc/>
    public ValueTask LogitsAsync(ReadOnlyMemory<int> tokens, Memory<float> logits, CancellationToken cancellationToken) =>
        _session!.LogitsAsync(tokens, logits, cancellationToken);

    /// <summary>Closes the session; another one is opened when it is next needed.</summary>
    public async ValueTask DisposeAsync()
    {
        ICausalSession? session = _session;
        _session = null;
        _held.Clear();
        _scratch.Clear();
        if (session is not null)
        {
            _recoveries.AddRange((session as CausalSession)?.Recoveries ?? []);
            await session.DisposeAsync();
        }
    }
}
