using Whorl.Tensors;

namespace Whorl.Models;

/// <content>Pages that sessions share: what was computed for one need not be computed for another one that begins with the same
/// tokens.</content>
public sealed partial class SessionCache
{
    /// <summary>Tokens of a page.</summary>
    public const int PageTokens = KeyValueStore.PageSlots;

    /// <summary>Whether all that the session remembers lies in pages: recurrent states do not.</summary>
    public bool IsPaged => Blocks.All(block => block.KeyValues is not null && block.States.Count == 0);

    /// <summary>Takes a hold on a page of committed tokens; no step may be under way.</summary>
    /// <param name="page">Which: its tokens are those from <c>page · 256</c> on, all committed.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not all of its tokens are committed.</exception>
    /// <exception cref="NotSupportedException">Not all that the session remembers lies in pages.</exception>
    public CachedPage SharePage(int page)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(page);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, Committed / PageTokens);
        ThrowIfNotPaged();
        return new CachedPage(Range, [.. Blocks.Select(block => block.KeyValues!.Share(page))]);
    }

    /// <summary>
    /// Commits 256 tokens that a session on the same blocks has computed from the same inputs behind the same tokens; no step may be under
    /// way.
    /// </summary>
    /// <param name="page">What the blocks remember of them; the caller keeps its own hold.</param>
    /// <exception cref="ArgumentException">
    /// It is of other blocks, the session is not at the beginning of a page, or is too short; nothing has changed.
    /// </exception>
    public void AdoptPage(CachedPage page)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfBroken();
        ThrowIfNotPaged();
        if (page.Range != Range || Committed % PageTokens != 0 || PageTokens > MaxLength - Committed || _parents.Count > 0)
        {
            throw new ArgumentException($"a page of blocks {page.Range} for a session on {Range} at {Committed} of {MaxLength} tokens", nameof(page));
        }

        for (int i = 0; i < Blocks.Count; i++)
        {
            Blocks[i].KeyValues!.Adopt(Committed / PageTokens, page.Pages[i]);
        }

        Committed += PageTokens;
    }

    private void ThrowIfNotPaged()
    {
        if (!IsPaged)
        {
            throw new NotSupportedException($"blocks {Range} remember more than pages hold");
        }
    }
}
