using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What the blocks of a span remember of one session: committed tokens, and behind them the scratch tokens of a tree.</summary>
public sealed partial class SessionCache : IDisposable
{
    private readonly MemoryBudget? _budget;
    private readonly List<int> _parents = [];
    private bool _disposed;
    private bool _isBroken;
    private int _entered; // scratch tokens before the step that was entered last

    internal SessionCache(IReadOnlyList<BlockCache> blocks, BlockSessionOptions options, MemoryBudget? budget, long bytes) =>
        (Blocks, Range, MaxLength, MaxScratch, _budget, Bytes) = (blocks, options.Range, options.MaxLength, options.MaxScratch, budget, bytes);

    /// <summary>Which blocks.</summary>
    public BlockRange Range { get; }

    /// <summary>The most tokens that can be committed.</summary>
    public int MaxLength { get; }

    /// <summary>The most scratch tokens at a time.</summary>
    public int MaxScratch { get; }

    /// <summary>Tokens committed so far; also the position of the next one.</summary>
    public int Committed { get; private set; }

    /// <summary>Scratch tokens there are: number i's parent is <c>Parents[i]</c>, -1 standing for the last committed token.</summary>
    public ReadOnlySpan<int> Parents => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_parents);

    /// <summary>
    /// Bytes taken from the budget: all that it can need, so that it reaches the length that it was promised. Memory itself is taken as
    /// tokens come.
    /// </summary>
    public long Bytes { get; }

    internal IReadOnlyList<BlockCache> Blocks { get; }

    /// <summary>What a block remembers, by its number in the model.</summary>
    internal BlockCache Block(int block) => Blocks[block - Range.First];

    /// <summary>Commits some scratch tokens and forgets the others.</summary>
    /// <param name="kept">Numbers of the tokens to keep: a path from the root, each the parent of the next. Empty forgets all.</param>
    /// <exception cref="ArgumentException">They are not such a path, or more than fit; nothing has changed.</exception>
    public void Keep(ReadOnlySpan<int> kept)
    {
        CheckKept(kept);
        foreach (BlockCache block in Blocks)
        {
            for (int i = 0; i < kept.Length; i++)
            {
                if (kept[i] != i)
                {
                    block.KeyValues?.Move(Committed + kept[i], Committed + i); // ascending, and never onto one not yet moved
                }
            }

            for (int i = 0; i < block.States.Count && kept.Length > 0; i++)
            {
                block.States[i].Commit(kept[^1]);
            }
        }

        Committed += kept.Length;
        _parents.Clear();
    }

    /// <summary>Forgets all tokens from a position on, scratch tokens too.</summary>
    /// <param name="length">Committed tokens to keep, at most <see cref="Committed"/>.</param>
    /// <exception cref="NotSupportedException">A recurrent state cannot go back; except to the beginning. Nothing has changed.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Committed);
        _parents.Clear();
        if (length == Committed)
        {
            return;
        }

        List<StateStore> states = [.. Blocks.SelectMany(b => b.States)];
        if (length > 0 && states.Count > 0)
        {
            throw new NotSupportedException($"recurrent blocks remember only the last of {Committed} tokens and cannot go back to {length}; begin again at 0");
        }

        states.ForEach(s => s.Clear());
        Committed = length;
    }

    /// <summary>Makes this session remember what another one does.</summary>
    /// <param name="other">A session on the same blocks; neither may have scratch tokens open.</param>
    /// <exception cref="ArgumentException">The sessions are unlike, or the other's tokens do not fit; nothing has changed.</exception>
    public void CopyFrom(SessionCache other)
    {
        if (other.Range != Range || other.Blocks.Count != Blocks.Count || other.Committed > MaxLength || _parents.Count + other._parents.Count > 0)
        {
            throw new ArgumentException($"{other.Committed} tokens of blocks {other.Range} do not fit a session of {MaxLength} on {Range}, or scratch tokens are open", nameof(other));
        }

        for (int block = 0; block < Blocks.Count; block++)
        {
            if (other.Blocks[block].KeyValues is { } keyValues)
            {
                Blocks[block].KeyValues!.CopyFrom(keyValues, other.Committed);
            }

            for (int i = 0; i < Blocks[block].States.Count; i++)
            {
                Blocks[block].States[i].CopyFrom(other.Blocks[block].States[i]);
            }
        }

        Committed = other.Committed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (BlockCache block in Blocks)
        {
            block.Dispose();
        }

        _budget?.Give(Bytes);
    }

    /// <summary>Refuses a step that does not fit, before anything is changed.</summary>
    /// <exception cref="ArgumentException">It does not fit; the message says why.</exception>
    internal void Check(BlockStep step)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfBroken();

        int kept = 0, scratch = _parents.Count;
        if (step.HasVerdict)
        {
            CheckKept(step.Keep.Span);
            (kept, scratch) = (step.Keep.Length, 0);
        }

        if (step.Position is { } position && position != Committed + kept)
        {
            throw new ArgumentException($"the step begins at position {position} and the session at {Committed + kept}: they have lost each other", nameof(step));
        }

        if (step.IsScratch)
        {
            CheckTree(step.Parents.Span, step.Rows, scratch);
        }
        else if (scratch > 0 && step.Rows > 0)
        {
            throw new ArgumentException("tokens cannot be committed while scratch tokens are open; give a verdict on them first", nameof(step));
        }
        else if (step.Rows > MaxLength - Committed - kept)
        {
            throw new ArgumentException($"{Committed + kept} + {step.Rows} tokens are more than the session's {MaxLength}", nameof(step));
        }
    }

    /// <summary>Applies a checked step's verdict; its scratch tokens are remembered.</summary>
    internal void Enter(BlockStep step)
    {
        _entered = _parents.Count;
        if (step.HasVerdict)
        {
            Keep(step.Keep.Span);
        }

        if (!step.IsScratch)
        {
            return;
        }

        _parents.AddRange(step.Parents.Span);
        foreach (BlockCache block in Blocks)
        {
            for (int i = 0; i < block.States.Count; i++)
            {
                block.States[i].EnsureScratch(_parents.Count);
            }
        }
    }

    /// <summary>Adds an entered step's rows to a layout.</summary>
    internal void Place(BlockStep step, StepLayout layout)
    {
        if (step.IsScratch)
        {
            layout.AddTree(Committed, Parents, _parents.Count - step.Rows);
        }
        else
        {
            layout.AddChain(Committed, step.Rows);
        }
    }

    /// <summary>
    /// Takes a step back that could not be entered, or not be computed; where it has changed what cannot be restored, the session takes no
    /// more steps.
    /// </summary>
    internal void Abandon(BlockStep step)
    {
        _isBroken |= step.HasVerdict || Blocks.Any(b => b.States.Count > 0); // slots were moved, or states have gone on
        if (!_isBroken)
        {
            _parents.RemoveRange(_entered, _parents.Count - _entered);
        }
    }

    /// <summary>Counts tokens that were committed at once.</summary>
    internal void Advance(int rows) => Committed += rows;

    private void CheckKept(ReadOnlySpan<int> kept)
    {
        int parent = -1;
        foreach (int token in kept)
        {
            if ((uint)token >= (uint)_parents.Count || _parents[token] != parent)
            {
                throw new ArgumentException($"scratch token {token} does not follow {parent} in the tree", nameof(kept));
            }

            parent = token;
        }

        if (kept.Length > MaxLength - Committed)
        {
            throw new ArgumentException($"{Committed} + {kept.Length} tokens are more than the session's {MaxLength}", nameof(kept));
        }
    }

    private void CheckTree(ReadOnlySpan<int> parents, int rows, int scratch)
    {
        if (parents.Length != rows || rows > MaxScratch - scratch)
        {
            throw new ArgumentException($"{parents.Length} parents for {rows} tokens, behind {scratch} scratch tokens of at most {MaxScratch}", nameof(parents));
        }

        for (int i = 0; i < rows; i++)
        {
            if (parents[i] < -1 || parents[i] >= scratch + i)
            {
                throw new ArgumentException($"scratch token {scratch + i} has parent {parents[i]}; it must be -1 or below {scratch + i}", nameof(parents));
            }
        }
    }
}
