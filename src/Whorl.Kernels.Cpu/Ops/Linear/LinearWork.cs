using Whorl.Kernels.Cpu.Memory;
using Whorl.Kernels.Cpu.Ops.Linear.Kernels;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Several matrix products of the same activations, shared by the workers.</summary>
internal sealed unsafe class LinearWork : ParallelWork, IDisposable
{
    private const int RowsAtOnce = 480; // rows whose outputs for one unit stay in the near cache
    private const int FewRows = 12; // up to here weights are read more than is computed
    private const int MultiplicationsANanosecond = 30; // about
    private readonly WorkerPool _pool;
    private readonly ActivationFormat _activations;
    private readonly InstructionSet _set;
    private readonly WorkRanges _ranges;
    private readonly WorkerScratch[] _scratch;
    private Product[] _products = new Product[4];
    private int _count;
    private Tensor _x;
    private ActivationBlock* _blocks; // [rows][columns / 32 + 1], or null where no product wants it
    private float* _floats; // [rows][_floatStride]
    private nint _floatStride;
    private bool _isPreparing; // the first of the two works, where preparing is shared too

    public LinearWork(WorkerPool pool, ActivationFormat activations, InstructionSet set)
    {
        (_pool, _activations, _set) = (pool, activations, set);
        _ranges = new WorkRanges(pool.Count);
        _scratch = new WorkerScratch[pool.Count];
        for (int i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = new WorkerScratch();
        }
    }

    private int BlocksARow => _x.Columns / ActivationBlock.Size;

    private nint BlockStride => BlocksARow + 1; // one more, so that rows do not all meet in the same sets of the cache

    /// <summary>Starts a call.</summary>
    public void Begin(Tensor x)
    {
        _x = x;
        _count = 0;
    }

    /// <summary>Adds a product, with what is added to it.</summary>
    public void Add(PackedMatrix matrix, Tensor y, float* bias, float* residual)
    {
        if (_count == _products.Length)
        {
            Array.Resize(ref _products, 2 * _count);
        }

        _products[_count++] = new Product { Matrix = matrix, Y = y, Bias = bias, Residual = residual };
    }

    /// <summary>Computes them all.</summary>
    /// <param name="workspace">Lends the memory of the prepared activations for the time of the call.</param>
    public void Compute(Workspace workspace)
    {
        if (_x.Rows == 0)
        {
            return;
        }

        long mark = workspace.Mark();
        long outputs = PlanActivations(workspace);
        long multiplications = outputs * _x.Columns * _x.Rows;
        SharedCall call = multiplications < 1 << 16 // a hand-off would cost more
            ? SharedCall.Alone
            : _pool.Begin(_x.Rows <= FewRows ? WorkKind.Vectors : WorkKind.Matrices, multiplications / MultiplicationsANanosecond);
        PrepareRows(call.Workers);
        DealPanels(call.Workers);
        _pool.Run(this, call.Workers);
        _pool.End(call);
        Array.Clear(_products, 0, _count);
        workspace.Release(mark);
    }

    public override void Run(int worker)
    {
        while (_ranges.TryTake(worker, out int first, out int end))
        {
            if (_isPreparing)
            {
                Prepare(first, end);
            }
            else
            {
                ComputeRange(first, end, _scratch[worker]);
            }
        }
    }

    public void Dispose()
    {
        foreach (WorkerScratch scratch in _scratch)
        {
            scratch.Dispose();
        }
    }

    private bool WantsBlocks(PackedMatrix matrix) => matrix.Layout.TakesBlocks(_activations);

    private long PlanActivations(Workspace workspace)
    {
        bool blocks = false, floats = false;
        long outputs = 0;
        for (int i = 0; i < _count; i++)
        {
            PackedMatrix matrix = _products[i].Matrix;
            bool wantsBlocks = WantsBlocks(matrix);
            blocks |= wantsBlocks;
            floats |= !wantsBlocks;
            outputs += matrix.Rows;
        }

        _blocks = blocks ? (ActivationBlock*)workspace.RentBytes(_x.Rows * BlockStride * ActivationBlock.Bytes) : null;
        _floatStride = ((_x.Columns + 1) & ~1) + 16;
        bool asItIs = _x.Rows == 1 && _x.Columns % 2 == 0;
        _floats = !floats ? null : asItIs ? _x.Data : (float*)workspace.RentBytes(_x.Rows * _floatStride * sizeof(float));
        return outputs;
    }

    private void PrepareRows(int workers)
    {
        if (workers == 1 || (long)_x.Rows * _x.Columns <= 1 << 14)
        {
            Prepare(0, _x.Rows);
            return;
        }

        _isPreparing = true;
        try
        {
            _ranges.Deal(_x.Rows, Math.Max(1, _x.Rows / (workers * 4)), workers);
            _pool.Run(this, workers);
        }
        finally
        {
            _isPreparing = false;
        }
    }

    private void Prepare(int firstRow, int endRow)
    {
        for (int r = firstRow; r < endRow; r++)
        {
            if (_blocks is not null)
            {
                ActivationQuantiser.Quantise(_x.Data + ((long)r * _x.Columns), _blocks + (r * BlockStride), BlocksARow, _set);
            }

            if (_floats is not null && _floats != _x.Data)
            {
                float* row = _floats + (r * _floatStride);
                _x.Row(r).CopyTo(new Span<float>(row, _x.Columns));
                if (_x.Columns % 2 != 0)
                {
                    row[_x.Columns] = -0f;
                }
            }
        }
    }

    private void DealPanels(int workers)
    {
        int panels = 0;
        for (int i = 0; i < _count; i++)
        {
            ref Product product = ref _products[i];
            product.FirstPanel = panels;
            panels += product.Matrix.Panels;
            product.EndPanel = panels;
        }

        int atOnce = _x.Rows <= FewRows ? Math.Clamp(panels / (workers * 8), 1, 16) : 1;
        _ranges.Deal(panels, atOnce, workers);
    }

    private void ComputeRange(int first, int end, WorkerScratch scratch)
    {
        for (int i = 0; i < _count && first < end; i++)
        {
            ref readonly Product product = ref _products[i];
            if (first >= product.EndPanel)
            {
                continue;
            }

            int until = Math.Min(end, product.EndPanel);
            for (int row = 0; row < _x.Rows; row += RowsAtOnce)
            {
                ComputePanels(product, first - product.FirstPanel, until - first, row, Math.Min(RowsAtOnce, _x.Rows - row), scratch);
            }

            first = until;
        }
    }

    private void ComputePanels(in Product product, int panel, int panels, int firstRow, int rows, WorkerScratch scratch)
    {
        PackedMatrix matrix = product.Matrix;
        int outStride = panels * PanelLayout.Lanes;
        bool blocks = WantsBlocks(matrix);
        var call = new KernelCall
        {
            Weights = matrix.Panel(panel),
            PanelBytes = matrix.PanelBytes,
            Panels = panels,
            X = blocks ? (byte*)(_blocks + (firstRow * BlockStride)) : (byte*)(_floats + (firstRow * _floatStride)),
            RowBytes = blocks ? BlockStride * ActivationBlock.Bytes : _floatStride * sizeof(float),
            Steps = blocks ? BlocksARow : (_x.Columns + 1) / 2,
            Out = scratch.Outputs(rows * outStride),
            OutStride = outStride,
        };
        if (!blocks && matrix.Layout is QuantisedPanels layout)
        {
            RunExpanded(layout, call, rows, scratch);
        }
        else
        {
            KernelTable.Run(_set, matrix.Layout, rows, call);
        }

        int firstColumn = panel * PanelLayout.Lanes, columns = Math.Min(panels * PanelLayout.Lanes, matrix.Rows - firstColumn);
        for (int r = 0; r < rows; r++)
        {
            long at = ((long)(firstRow + r) * matrix.Rows) + firstColumn;
            Epilogue.Write(
                call.Out + (r * outStride),
                product.Bias is null ? null : product.Bias + firstColumn,
                product.Residual is null ? null : product.Residual + at,
                product.Y.Data + at,
                columns);
        }
    }

    // A panel at a time, a run of columns at a time, is expanded to float32 (16 KiB: they stay in the first cache) and then multiplied as
    // such.
    private void RunExpanded(QuantisedPanels layout, KernelCall call, int rows, WorkerScratch scratch)
    {
        const int RunLength = LinearDefinition.RunLength;
        float* expanded = scratch.Expanded((RunLength + rows) * PanelLayout.Lanes);
        float* sums = expanded + (RunLength * PanelLayout.Lanes);
        for (int p = 0; p < call.Panels; p++)
        {
            for (int k = 0; k < _x.Columns; k += RunLength)
            {
                int columns = Math.Min(RunLength, _x.Columns - k);
                layout.ExpandBlocks(_set, call.Weights + (p * call.PanelBytes), k / 32, columns / 32, expanded);
                KernelCall part = call;
                part.Weights = (byte*)expanded;
                part.Panels = 1;
                part.X = call.X + (k * sizeof(float));
                part.Steps = columns / 2;
                float* y = call.Out + (p * PanelLayout.Lanes);
                part.Out = k == 0 ? y : sums;
                part.OutStride = k == 0 ? call.OutStride : PanelLayout.Lanes;
                KernelTable.Run(_set, FloatPanels<F32Panel>.Instance, rows, part);
                for (int r = 0; k > 0 && r < rows; r++)
                {
                    float* row = y + (r * call.OutStride);
                    Epilogue.Write(sums + (r * PanelLayout.Lanes), null, row, row, PanelLayout.Lanes);
                }
            }
        }
    }

    private struct Product
    {
        public PackedMatrix Matrix;
        public Tensor Y;
        public float* Bias;
        public float* Residual;
        public int FirstPanel;
        public int EndPanel;
    }
}
