namespace Whorl.Models;

/// <summary>Consecutive blocks of a model that can be computed with: in this process, on a server, or a chain of such.</summary>
public interface IBlockSpan
{
    /// <summary>Which blocks.</summary>
    BlockRange Range { get; }

    /// <summary>Width of what enters and leaves.</summary>
    int BoundarySize { get; }

    /// <summary>What decides whether two spans compute the same bytes.</summary>
    SpanContract Contract { get; }

    /// <summary>Opens a session on some of the blocks.</summary>
    /// <param name="options">Which blocks, and how long.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="MemoryBudgetException">The holder has not so much memory free.</exception>
    ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken);
}
