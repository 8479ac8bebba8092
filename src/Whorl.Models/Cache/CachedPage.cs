using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// What the blocks of a span remember of 256 tokens: a hold on one page a block, which any session on these blocks may take over.
/// </summary>
public sealed class CachedPage : IDisposable
{
    internal CachedPage(BlockRange range, IReadOnlyList<SharedPage> pages) => (Range, Pages) = (range, pages);

    /// <summary>Which blocks.</summary>
    public BlockRange Range { get; }

    /// <summary>Bytes of all its pages.</summary>
    public long Bytes => Pages.Sum(page => page.Bytes);

    internal IReadOnlyList<SharedPage> Pages { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SharedPage page in Pages)
        {
            page.Dispose();
        }
    }
}
