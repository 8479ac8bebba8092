using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Consecutive blocks of a model with their weights: computes, and knows nothing of networks.</summary>
/// <remarks>May be used by many threads: it locks its backend while it computes.</remarks>
public sealed class DecoderSpan : IDisposable
{
    private readonly DecoderSpec _spec;
    private readonly IBackend _backend;
    private readonly List<BlockContext> _contexts = []; // one a pass under way: a pass may be computed between two blocks of another
    private int _depth;
    private readonly List<DecoderBlock> _blocks = [];
    private IReadOnlyList<RopeScaling> _scalings = [];

    private DecoderSpan(DecoderSpec spec, IBackend backend, BlockRange range, SpanContract contract)
    {
        (_spec, _backend, Range, Contract) = (spec, backend, range, contract);
    }

    /// <summary>Which blocks.</summary>
    public BlockRange Range { get; }

    /// <summary>Bytes of the checkpoint that the blocks were read from.</summary>
    public long WeightBytes { get; private set; }

    /// <summary>How hidden states are rounded at every block boundary.</summary>
    public BoundaryFormat Boundary => Contract.Boundary;

    /// <summary>What decides the bytes it computes.</summary>
    public SpanContract Contract { get; private set; }

    /// <summary>Width of what enters and leaves.</summary>
    public int BoundarySize => _spec.BoundarySize;

    /// <summary>What its backend holds beside weights, for all who use it.</summary>
    public BackendMemory Memory => _backend.Memory;

    /// <summary>Gives the system memory that its backend has not needed since this was last called.</summary>
    public void TrimMemory() => _backend.TrimMemory();

    /// <summary>Loads the blocks' weights; no other block's bytes are read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="range">Which blocks.</param>
    /// <param name="backend">Who computes; not disposed with the span.</param>
    /// <param name="boundary">How hidden states are rounded at every block boundary.</param>
    /// <param name="progress">Told the number of blocks loaded so far.</param>
    /// <param name="cancellationToken">Stops the loading between blocks.</param>
    /// <exception cref="ModelFormatException">A tensor is missing or of another shape.</exception>
    public static DecoderSpan Load(
        ModelSource model,
        BlockRange range,
        IBackend backend,
        BoundaryFormat boundary = BoundaryFormat.F32,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.First, nameof(range));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(range.Last, model.Spec.Blocks.Count, nameof(range));
        DecoderSpan span = new(model.Spec, backend, range, new SpanContract(model.Fingerprint, backend.Activations, boundary) { Kernels = backend.KernelClass });
        using WeightLoader loader = model.CreateLoader(backend);
        SortedDictionary<int, UInt128> digests = [];
        try
        {
            for (int block = range.First; block <= range.Last; block++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (loader.Block, loader.Digest) = (block, new BlockDigest());
                span._blocks.Add(new DecoderBlock(loader, model.Spec.Blocks[block], model.Spec.HiddenSize));
                loader.RefuseUnused(block);
                digests[block] = loader.Digest.Value;
                span.WeightBytes += model.BlockBytes(block);
                progress?.Report(span._blocks.Count);
            }

            span.Contract = span.Contract with { Blocks = digests };
            span._scalings = [.. loader.Scalings];
            return span;
        }
        catch
        {
            span.Dispose();
            throw;
        }
    }

    /// <summary>Opens a session's cache.</summary>
    /// <param name="options">Which blocks, and how long.</param>
    /// <param name="budget">Where the memory is taken from, or null for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">The blocks are not of this span.</exception>
    /// <exception cref="MemoryBudgetException">The budget does not hold so much.</exception>
    public SessionCache Open(BlockSessionOptions options, MemoryBudget? budget = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Range.First, Range.First, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Range.Last, Range.Last, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLength, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxScratch, nameof(options));
        int capacity = checked(options.MaxLength + options.MaxScratch);
        List<BlockCache> caches = [];
        long bytes = 0;
        try
        {
            for (int block = options.Range.First; block <= options.Range.Last; block++)
            {
                caches.Add(_blocks[block - Range.First].CreateCache(_backend, capacity)); // takes no memory yet
                caches[^1].ReserveScratch(options.MaxScratch);
            }

            bytes = caches.Sum(cache => cache.Bytes);
            budget?.Take(bytes);
            return new SessionCache(caches, options, budget, bytes);
        }
        catch
        {
            caches.ForEach(c => c.Dispose());
            throw;
        }
    }

    /// <summary>
    /// What of a session's length decides bytes: sessions for which it is equal remember the same of the same inputs, however long they
    /// are.
    /// </summary>
    /// <param name="maxLength">The most tokens of the session.</param>
    /// <returns>A number for each way in which rotary embeddings depend on the length.</returns>
    public IReadOnlyList<int> EqualLengths(int maxLength) => [.. _scalings.Select(scaling => scaling.EqualLength(maxLength))];

    /// <summary>Refuses a step that does not fit a session, before anything is changed.</summary>
    /// <exception cref="ArgumentException">It does not fit; the message says why.</exception>
    public void Check(SessionCache session, BlockStep step)
    {
        session.Check(step);
        if (step.Input.Length != step.Rows * BoundarySize || step.Output.Length != step.OutputLength(session.Range.Count, BoundarySize))
        {
            throw new ShapeMismatchException("span", $"{step.Rows} rows of {BoundarySize}", $"{step.Input.Length} values in, {step.Output.Length} out");
        }

        if (step.PromptRows < 0 || step.PromptRows > step.Rows || step.PromptStride < step.PromptRows
            || step.Prompts.Length != ((long)(session.Range.Count - 1) * step.PromptStride + step.PromptRows) * BoundarySize)
        {
            throw new ShapeMismatchException(
                "prompts", $"{session.Range.Count} blocks x at most {step.Rows} rows x {BoundarySize}", $"{step.Prompts.Length} values in {step.PromptRows} rows");
        }
    }

    /// <summary>Computes steps of one or more sessions at once; each comes out as if it had been alone.</summary>
    /// <remarks>
    /// Sessions may be on unlike blocks: each joins where its blocks begin and leaves where they end. Where it throws, no session has gone
    /// on; one that cannot be brought back to where it was takes no more steps.
    /// </remarks>
    /// <param name="sessions">Unlike sessions.</param>
    /// <param name="steps">A step for each, that <see cref="Check"/> accepts.</param>
    /// <param name="between">
    /// Called between two blocks, or null. It may compute other sessions' steps meanwhile, which are then whole before these go on; it must
    /// not throw.
    /// </param>
    public void Forward(IReadOnlyList<SessionCache> sessions, IReadOnlyList<BlockStep> steps, Action? between = null)
    {
        lock (_backend)
        {
            if (_depth == _contexts.Count)
            {
                _contexts.Add(new BlockContext(_backend));
            }

            BlockContext context = _contexts[_depth++];
            try
            {
                ForwardTogether(context, sessions, steps, between);
            }
            finally
            {
                _depth--;
            }
        }
    }

    /// <summary>Frees the weights, once nothing is computed with them.</summary>
    public void Dispose()
    {
        lock (_backend)
        {
            foreach (DecoderBlock block in _blocks)
            {
                block.Dispose();
            }

            _blocks.Clear();
        }
    }

    private void ForwardTogether(BlockContext context, IReadOnlyList<SessionCache> sessions, IReadOnlyList<BlockStep> steps, Action? between)
    {
        for (int i = 0; i < sessions.Count; i++)
        {
            Check(sessions[i], steps[i]); // all of them before any is entered: one that does not fit must not leave the others half-way
        }

        int rows = 0;
        for (int i = 0; i < sessions.Count; i++)
        {
            rows += steps[i].Rows;
        }

        int entered = 0;
        long mark = _backend.Mark();
        try
        {
            while (entered < sessions.Count)
            {
                SessionCache session = sessions[entered];
                session.Enter(steps[entered++]);
            }

            if (rows > 0)
            {
                Compute(context, sessions, steps, rows, between);
            }
        }
        catch
        {
            for (int i = 0; i < entered; i++)
            {
                sessions[i].Abandon(steps[i]);
            }

            throw;
        }
        finally
        {
            _backend.Release(mark);
        }

        for (int i = 0; i < sessions.Count; i++)
        {
            if (!steps[i].IsScratch)
            {
                sessions[i].Advance(steps[i].Rows);
            }
        }
    }

    private void Compute(BlockContext context, IReadOnlyList<SessionCache> sessions, IReadOnlyList<BlockStep> steps, int mostRows, Action? between)
    {
        int first = int.MaxValue, last = 0;
        for (int i = 0; i < sessions.Count; i++)
        {
            (first, last) = (Math.Min(first, sessions[i].Range.First), Math.Max(last, sessions[i].Range.Last));
        }

        // Two tensors take turns as a block's input and output, so that the workspace never holds more than one block's intermediate results.
        Tensor current = _backend.Rent(mostRows, BoundarySize), next = _backend.Rent(mostRows, BoundarySize);
        for (int block = first; block <= last; block++)
        {
            if (Changes(sessions, block))
            {
                Regroup(context, sessions, steps, block, current, next);
                (current, next) = (next, current);
            }

            int rows = context.Layout.Rows;
            if (rows > 0)
            {
                long mark = _backend.Mark();
                context.Block = block;
                Tensor input = current.Slice(0, rows), output = next.Slice(0, rows);
                AddPrompts(sessions, steps, input, block);
                _backend.Copy(_blocks[block - Range.First].Forward(context, input), output);
                Round(output);
                _backend.Release(mark);
                (current, next) = (next, current);
                Emit(sessions, steps, output, block);
            }

            if (block < last)
            {
                between?.Invoke();
            }
        }
    }

    /// <summary>Whether other sessions have rows in a block than in the one before.</summary>
    private static bool Changes(IReadOnlyList<SessionCache> sessions, int block)
    {
        for (int i = 0; i < sessions.Count; i++)
        {
            if (sessions[i].Range.First == block || sessions[i].Range.Last == block - 1)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Puts the rows together that a block computes: those that it has from the block before, and those that begin here.</summary>
    private void Regroup(BlockContext context, IReadOnlyList<SessionCache> sessions, IReadOnlyList<BlockStep> steps, int block, Tensor before, Tensor now)
    {
        context.Clear();
        int from = 0, to = 0;
        for (int i = 0; i < sessions.Count; i++)
        {
            (SessionCache session, BlockStep step) = (sessions[i], steps[i]);
            bool was = session.Range.First < block && block - 1 <= session.Range.Last;
            if (session.Range.First <= block && block <= session.Range.Last)
            {
                session.Place(step, context.Layout);
                context.Add(session);
                Tensor rows = now.Slice(to, step.Rows);
                if (was)
                {
                    _backend.Copy(before.Slice(from, step.Rows), rows);
                }
                else
                {
                    _backend.Upload(step.Input.Span, rows);
                }

                to += step.Rows;
            }

            from += was ? step.Rows : 0;
        }

        Round(now.Slice(0, to)); // once more where it was: that changes nothing
    }

    private void AddPrompts(IReadOnlyList<SessionCache> sessions, IReadOnlyList<BlockStep> steps, Tensor current, int block)
    {
        int row = 0;
        bool any = false;
        for (int i = 0; i < steps.Count; i++)
        {
            (BlockRange range, BlockStep step) = (sessions[i].Range, steps[i]);
            if (block < range.First || block > range.Last)
            {
                continue;
            }

            if (step.PromptRows > 0)
            {
                Tensor rows = current.Slice(row, step.PromptRows);
                Tensor prompts = _backend.Upload(step.Prompts.Span.Slice((block - range.First) * step.PromptStride * BoundarySize, rows.Length), BoundarySize);
                _backend.Copy(_backend.Add(rows, prompts), rows);
                any = true;
            }

            row += step.Rows;
        }

        if (any)
        {
            Round(current);
        }
    }

    private void Round(Tensor boundary)
    {
        if (Boundary == BoundaryFormat.BF16)
        {
            _backend.Copy(_backend.RoundToBFloat16(boundary), boundary);
        }
    }

    private void Emit(IReadOnlyList<SessionCache> sessions, IReadOnlyList<BlockStep> steps, Tensor current, int block)
    {
        int row = 0;
        for (int i = 0; i < steps.Count; i++)
        {
            (BlockRange range, BlockStep step) = (sessions[i].Range, steps[i]);
            if (block < range.First || block > range.Last)
            {
                continue;
            }

            int length = step.Rows * BoundarySize;
            if (step.EveryBlock || block == range.Last)
            {
                _backend.Download(current.Slice(row, step.Rows), step.Output.Span.Slice(step.EveryBlock ? (block - range.First) * length : 0, length));
            }

            row += step.Rows;
        }
    }
}
