using System.Runtime.InteropServices;
using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>
/// What has entered a link's first block: all that a link remembers follows from it. Rows of committed tokens, and apart from them the steps of scratch tokens
/// until a verdict keeps or forgets them, each with the deep prompts that were added to it. Not thread-safe.
/// </summary>
/// <param name="width">Values of a row.</param>
/// <param name="blocks">Blocks of the link.</param>
/// <param name="isRounded">Whether rows between blocks are bfloat16.</param>
/// <param name="memory">What the logs of the session may hold in memory.</param>
internal sealed class BoundaryLog(int width, int blocks, bool isRounded, LogMemory memory) : IDisposable
{
    private readonly RowStore _rows = new(width, isRounded, memory);
    private readonly List<PromptRun> _prompts = []; // of committed rows, in their order
    private readonly List<ScratchStep> _steps = [];
    private readonly List<int> _parents = []; // of all open scratch tokens
    private int _blocks = blocks;
    private float[] _scratch = [];

    /// <summary>Committed tokens.</summary>
    public int Committed => _rows.Count;

    /// <summary>Scratch tokens that are open.</summary>
    public int Scratch => _parents.Count;

    /// <summary>Steps of scratch tokens that are open.</summary>
    public int ScratchSteps => _steps.Count;

    /// <summary>Remembers a step that the link has taken.</summary>
    /// <exception cref="IOException">There is room neither in memory nor on disk.</exception>
    public void Accept(BlockStep step)
    {
        if (step.HasVerdict)
        {
            Settle(step.Keep.Span);
        }

        if (step.IsScratch)
        {
            Open(step);
        }
        else if (step.Rows > 0)
        {
            if (step.PromptRows > 0)
            {
                _prompts.Add(new PromptRun(Committed, step.PromptRows, step.Prompts.ToArray()));
            }

            _rows.Append(step.Input.Span);
        }
    }

    /// <summary>How a stretch of committed tokens is computed again: as many at once as may be, deep prompts always before the first of them.</summary>
    /// <param name="from">The first.</param>
    /// <param name="maxRows">The most, where no longer prompts need more.</param>
    /// <param name="step">Receives shape and prompts.</param>
    /// <returns>How many.</returns>
    public int Describe(int from, int maxRows, BlockStep step)
    {
        step.Shape = default;
        step.Prompts = default;
        int end = Committed;
        foreach (PromptRun run in _prompts)
        {
            if (run.First == from)
            {
                (step.PromptRows, step.Prompts) = (run.Rows, run.Values);
            }
            else if (run.First > from)
            {
                end = run.First;
                break;
            }
        }

        return step.Rows = Math.Min(end - from, Math.Max(maxRows, step.PromptRows));
    }

    /// <summary>Reads committed rows.</summary>
    /// <param name="from">The first.</param>
    /// <param name="rows">Receives them, <c>[n, width]</c>.</param>
    public void Read(int from, Span<float> rows) => _rows.Read(from, rows);

    /// <summary>How an open step of scratch tokens is computed again.</summary>
    /// <param name="index">Which of <see cref="ScratchSteps"/>.</param>
    /// <param name="step">Receives shape, prompts and input.</param>
    public void DescribeScratch(int index, BlockStep step)
    {
        ScratchStep scratch = _steps[index];
        int[] parents = [.. CollectionsMarshal.AsSpan(_parents).Slice(scratch.First, scratch.Rows)];
        step.Shape = new StepShape { Rows = scratch.Rows, IsScratch = true, Parents = parents, PromptRows = scratch.PromptRows };
        step.Prompts = scratch.Prompts;
        step.Input = _scratch.AsMemory(scratch.First * width, scratch.Rows * width);
    }

    /// <summary>From now on it is the log of a link that computes only the first of its blocks.</summary>
    public void Narrow(int blocks)
    {
        _blocks = blocks;
        for (int i = 0; i < _prompts.Count; i++)
        {
            _prompts[i] = _prompts[i] with { Values = _prompts[i].Values[..(blocks * _prompts[i].Rows * width)] };
        }

        for (int i = 0; i < _steps.Count; i++)
        {
            _steps[i] = _steps[i] with { Prompts = _steps[i].Prompts[..(blocks * _steps[i].PromptRows * width)] };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();

    private void Open(BlockStep step)
    {
        int first = Scratch, length = (first + step.Rows) * width;
        if (_scratch.Length < length)
        {
            Array.Resize(ref _scratch, Math.Max(length, 2 * _scratch.Length));
        }

        step.Input.Span.CopyTo(_scratch.AsSpan(first * width));
        _parents.AddRange(step.Parents.Span);
        _steps.Add(new ScratchStep(first, step.Rows, step.PromptRows, step.PromptRows > 0 ? step.Prompts.ToArray() : default));
    }

    private void Settle(ReadOnlySpan<int> keep)
    {
        foreach (int token in keep)
        {
            KeepPrompt(token);
            _rows.Append(_scratch.AsSpan(token * width, width));
        }

        _parents.Clear();
        _steps.Clear();
    }

    private void KeepPrompt(int token)
    {
        foreach (ScratchStep step in _steps)
        {
            int row = token - step.First;
            if (row >= 0 && row < step.PromptRows)
            {
                float[] values = new float[_blocks * width];
                for (int block = 0; block < _blocks; block++)
                {
                    step.Prompts.Span.Slice(((block * step.PromptRows) + row) * width, width).CopyTo(values.AsSpan(block * width));
                }

                _prompts.Add(new PromptRun(Committed, 1, values));
            }
        }
    }

    /// <param name="First">The first row that prompts are added to.</param>
    /// <param name="Rows">How many.</param>
    /// <param name="Values"><c>[blocks, Rows, width]</c>.</param>
    private readonly record struct PromptRun(int First, int Rows, ReadOnlyMemory<float> Values);

    private readonly record struct ScratchStep(int First, int Rows, int PromptRows, ReadOnlyMemory<float> Prompts);
}
