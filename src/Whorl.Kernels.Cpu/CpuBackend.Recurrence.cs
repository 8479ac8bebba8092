using Whorl.Kernels.Cpu.Memory;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Recurrences along a text: convolutions, scans, and the states they keep.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public StateStore CreateStateStore(int size) => new CpuStateStore(size);

    /// <inheritdoc/>
    public Tensor Previous(Tensor x, StepLayout layout, ReadOnlySpan<StateStore> states)
    {
        Tensor y = Rent(x.Rows, x.Columns);
        long mark = Mark();
        RowState* rows = RowStates("previous", x, layout, states, x.Columns);
        for (int row = 0; row < x.Rows; row++)
        {
            new ReadOnlySpan<float>(rows[row].From, x.Columns).CopyTo(y.Row(row));
            x.Row(row).CopyTo(new Span<float>(rows[row].To, x.Columns));
        }

        Release(mark);
        return y;
    }

    /// <inheritdoc/>
    public Tensor CausalConvolution(Tensor x, Parameter weight, Parameter? bias, StepLayout layout, ReadOnlySpan<StateStore> states)
    {
        ArgumentNullException.ThrowIfNull(weight);
        int taps = weight.Value.Rows;
        CheckShape("causal_convolution weight", weight.Value, taps, x.Columns);
        CheckLength("causal_convolution bias", bias, x.Columns);
        Tensor y = Rent(x.Rows, x.Columns);
        long mark = Mark();
        RowState* rows = RowStates("causal_convolution", x, layout, states, (taps - 1) * x.Columns);
        Share(
            new CausalConvolutionKernel(x.Data, weight.Value.Data, Data(bias), rows, y.Data, x.Rows, x.Columns, taps),
            (x.Columns + CausalConvolutionKernel.Block - 1) / CausalConvolutionKernel.Block,
            (long)x.Length * taps);
        Release(mark);
        return y;
    }

    /// <inheritdoc/>
    public Tensor SelectiveScan(
        Tensor x, Tensor step, Tensor b, Tensor c, Parameter a, Parameter d, StepLayout layout, ReadOnlySpan<StateStore> states)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(d);
        int size = a.Value.Rows;
        CheckShape("selective_scan step", step, x.Rows, x.Columns);
        CheckShape("selective_scan B", b, x.Rows, size);
        CheckShape("selective_scan C", c, x.Rows, size);
        CheckShape("selective_scan A", a.Value, size, x.Columns);
        CheckLength("selective_scan D", d, x.Columns);
        if (size > SelectiveScanKernel.MostState)
        {
            throw new ShapeMismatchException("selective_scan", $"a state of at most {SelectiveScanKernel.MostState} a channel", $"{size}");
        }

        Tensor y = Rent(x.Rows, x.Columns);
        long mark = Mark();
        RowState* rows = RowStates("selective_scan", x, layout, states, x.Columns * size);
        Share(
            new SelectiveScanKernel(x.Data, step.Data, b.Data, c.Data, a.Value.Data, d.Value.Data, rows, y.Data, x.Rows, x.Columns, size),
            (x.Columns + 15) / 16,
            (long)x.Length * size);
        Release(mark);
        return y;
    }

    /// <inheritdoc/>
    public Tensor SelectiveScanByHead(
        Tensor x, Tensor step, Tensor b, Tensor c, Parameter a, Parameter d, int groups, StepLayout layout, ReadOnlySpan<StateStore> states)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(d);
        int heads = a.Length;
        if (heads == 0 || x.Columns % heads != 0 || groups < 1 || heads % groups != 0 || b.Columns % groups != 0)
        {
            throw new ShapeMismatchException(
                "selective_scan_by_head", "heads that divide x, and groups that divide heads and B",
                $"{heads} heads of {x.Columns}, {groups} groups of {b.Columns}");
        }

        int size = b.Columns / groups;
        CheckShape("selective_scan_by_head step", step, x.Rows, heads);
        CheckShape("selective_scan_by_head B", b, x.Rows, b.Columns);
        CheckShape("selective_scan_by_head C", c, x.Rows, b.Columns);
        CheckLength("selective_scan_by_head D", d, heads);
        Tensor y = Rent(x.Rows, x.Columns);
        long mark = Mark();
        RowState* rows = RowStates("selective_scan_by_head", x, layout, states, x.Columns * size);
        Share(
            new SelectiveScanByHeadKernel(
                x.Data, step.Data, b.Data, c.Data, a.Value.Data, d.Value.Data, rows, y.Data, x.Rows, heads, x.Columns / heads, groups,
                size),
            heads,
            (long)x.Length * size);
        Release(mark);
        return y;
    }

    /// <inheritdoc/>
    public Tensor DeltaRuleScan(
        Tensor r, Tensor logDecay, Tensor k, Tensor v, Tensor a, Tensor b, int headSize, StepLayout layout, ReadOnlySpan<StateStore> states)
    {
        foreach (Tensor other in (ReadOnlySpan<Tensor>)[logDecay, k, v, a, b])
        {
            CheckShape("delta_rule_scan", other, r.Rows, r.Columns);
        }

        if (headSize < 1 || headSize > DeltaRuleScanKernel.MostSize || r.Columns % headSize != 0)
        {
            throw new ShapeMismatchException(
                "delta_rule_scan", $"heads of at most {DeltaRuleScanKernel.MostSize} that divide {r.Columns}", $"{headSize}");
        }

        Tensor y = Rent(r.Rows, r.Columns);
        long mark = Mark();
        RowState* rows = RowStates("delta_rule_scan", r, layout, states, r.Columns * headSize);
        Share(
            new DeltaRuleScanKernel(
                r.Data, logDecay.Data, k.Data, v.Data, a.Data, b.Data, rows, y.Data, r.Rows, r.Columns / headSize, headSize),
            r.Columns / headSize,
            (long)r.Length * headSize);
        Release(mark);
        return y;
    }

    /// <summary>Finds each row's state before and after it; in workspace memory.</summary>
    private RowState* RowStates(string operation, Tensor x, StepLayout layout, ReadOnlySpan<StateStore> states, int size)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (x.Rows != layout.Rows || states.Length != layout.Segments.Count)
        {
            throw new ShapeMismatchException(
                operation, $"{layout.Rows} rows and a state for each of {layout.Segments.Count} segments",
                $"{x.Rows} rows, {states.Length} states");
        }

        var rows = (RowState*)_workspace.RentBytes((long)layout.Rows * sizeof(RowState));
        for (int i = 0; i < states.Length; i++)
        {
            StepSegment segment = layout.Segments[i];
            if (states[i] is not CpuStateStore state)
            {
                throw new ArgumentException($"the state of segment {i} was not made by this backend", nameof(states));
            }

            if (state.Size != size)
            {
                throw new ShapeMismatchException(operation, $"a state of {size}", $"{state.Size} in segment {i}");
            }

            for (int row = 0; row < segment.Rows; row++)
            {
                int parent = segment.Commits ? -1 : layout.Parents[segment.FirstRow + row];
                rows[segment.FirstRow + row] = new RowState
                {
                    From = parent < 0 ? state.Committed : state.Scratch(parent),
                    To = segment.Commits ? state.Committed : state.Scratch(segment.Scratch + row),
                };
            }
        }

        return rows;
    }
}
