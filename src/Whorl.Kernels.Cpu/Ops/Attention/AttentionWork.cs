using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>One call of attention: the new keys and values are written, then tiles of a few rows of one key head are attended to.</summary>
/// <remarks>
/// Where tiles are plenty, as in a prefill, each worker takes one after another and does it whole. Where they are few, as when one token
/// is decoded, all workers do each step of every tile together.
/// </remarks>
/// <param name="pool">The workers.</param>
/// <param name="set">The instruction set to run in.</param>
internal sealed unsafe class AttentionWork(WorkerPool pool, InstructionSet set) : ParallelWork
{
    // What a worker takes at a time where the steps are shared.
    private const int ShareKeyTiles = 8;
    private const int SharePanels = 2;

    // Slots from which on keys and values no longer stay in the second cache, so that more queries should meet them each time.
    private const int ManySlots = 1024;

    private enum Step
    {
        Write, // keys and values; where steps are shared, the queries too
        Tiles, // whole tiles
        Dots,
        Exponentials,
        Values,
    }

    private CpuKeyValueStore[] _stores = [];
    private AttentionSpec _spec = null!;
    private StepLayout _layout = null!;
    private Tensor _q;
    private Tensor _k;
    private Tensor _v;
    private Tensor _output;
    private float* _scratch;
    private long _scratchFloats;
    private int _tileRows;
    private int _tiles;
    private int _mostKeyTiles;
    private bool _shareSteps;
    private readonly WorkRanges _ranges = new(pool.Count);
    private int _heads; // key heads of all sessions
    private int _workers;
    private Step _step;

    /// <summary>Multiplications that the call needs, about.</summary>
    public long Cost { get; private set; }

    /// <summary>Takes the arguments, which <see cref="IBackend.Attention"/> tells, and plans the tiles.</summary>
    public void Prepare(
        Tensor q, Tensor k, Tensor v, AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores, Tensor output)
    {
        if (_stores.Length < stores.Length)
        {
            _stores = new CpuKeyValueStore[stores.Length];
        }

        (_q, _k, _v, _output, _spec, _layout) = (q, k, v, output, spec, layout);
        int mostSlots = 0;
        for (int i = 0; i < stores.Length; i++)
        {
            _stores[i] = (CpuKeyValueStore)stores[i];
            mostSlots = Math.Max(mostSlots, layout.Segments[i].FirstSlot + layout.Segments[i].Rows);
        }

        _tileRows = Math.Max(1, (mostSlots < ManySlots ? 12 : 24) / (spec.Heads / spec.KeyValueHeads));
        (_tiles, _scratchFloats, Cost) = (0, 0, 0);
        for (int i = 0; i < stores.Length; i++)
        {
            StepSegment segment = layout.Segments[i];
            int slots = segment.FirstSlot + segment.Rows;
            _stores[i].MakeWritable(segment.FirstSlot, segment.Rows);
            _tiles += RowTiles(segment) * spec.KeyValueHeads;
            _scratchFloats = Math.Max(_scratchFloats, AttentionTile.ScratchFloats(spec, Math.Min(_tileRows, segment.Rows), slots));
            Cost += (long)segment.Rows * slots * spec.Heads * (spec.KeySize + spec.ValueSize);
        }

        _mostKeyTiles = (mostSlots / ILanes<ScalarLanes>.Count) + 1;
        _heads = stores.Length * spec.KeyValueHeads;
    }

    /// <summary>Decides how so many workers share the call, and says how many floats of scratch memory any number of them needs.</summary>
    public long Plan(int workers)
    {
        _workers = workers;
        _shareSteps = workers > 1 && _tiles < 4 * workers;
        return _scratchFloats * Math.Max(pool.Count, _tiles < 4 * pool.Count ? _tiles : 0);
    }

    /// <summary>Takes the scratch memory.</summary>
    public void UseScratch(float* scratch) => _scratch = scratch;

    /// <summary>Lets go of the arguments.</summary>
    public void Forget() => Array.Clear(_stores);

    /// <summary>Does all its steps, each as a work of its own: none begins before the one before it has ended.</summary>
    public void RunAll()
    {
        if (!_shareSteps)
        {
            Share(Step.Write, _heads, 1);
            Share(Step.Tiles, _tiles, 1);
            return;
        }

        Share(Step.Write, _heads + _tiles, 1);
        Share(Step.Dots, (_mostKeyTiles + ShareKeyTiles - 1) / ShareKeyTiles * _tiles, 1);
        int queries = _tiles * _tileRows * (_spec.Heads / _spec.KeyValueHeads);
        Share(Step.Exponentials, queries, 1);
        Share(Step.Values, _tiles * ((_stores[0].ValuePanels + SharePanels - 1) / SharePanels), 1);
    }

    /// <inheritdoc/>
    public override void Run(int worker)
    {
        switch (set)
        {
            case InstructionSet.Vector512:
                Attend<Lanes512>(worker);
                break;
            case InstructionSet.Vector256:
                Attend<Lanes256>(worker);
                break;
            case InstructionSet.Vector128:
                Attend<Lanes128>(worker);
                break;
            default:
                Attend<ScalarLanes>(worker);
                break;
        }
    }

    private void Share(Step step, int items, int atOnce)
    {
        _step = step;
        _ranges.Deal(items, atOnce, _workers);
        pool.Run(this, _workers);
    }

    private void Attend<T>(int worker)
        where T : unmanaged, ILanes<T>
    {
        while (_ranges.TryTake(worker, out int item, out int end))
        {
            for (; item < end; item++)
            {
                Do<T>(worker, item);
            }
        }
    }

    private void Do<T>(int worker, int item)
        where T : unmanaged, ILanes<T>
    {
        switch (_step)
        {
            case Step.Write:
                if (item < _heads)
                {
                    Write(item);
                }
                else
                {
                    FindShared(item - _heads).CopyQueries(_q.Data);
                }

                break;
            case Step.Tiles:
                Whole<T>(Find(item, _scratch + (worker * _scratchFloats)));
                break;
            case Step.Dots:
                AttentionTile dots = FindShared(item % _tiles);
                int tile = item / _tiles * ShareKeyTiles;
                dots.Dots<T>(tile, Math.Min(tile + ShareKeyTiles, dots.KeyTiles));
                break;
            case Step.Exponentials:
                int queries = _tileRows * (_spec.Heads / _spec.KeyValueHeads);
                AttentionTile exponentials = FindShared(item / queries);
                if (item % queries < exponentials.Queries)
                {
                    exponentials.Exponentials<T>(item % queries);
                }

                break;
            default:
                int shares = (_stores[0].ValuePanels + SharePanels - 1) / SharePanels;
                AttentionTile values = FindShared(item / shares);
                int panel = item % shares * SharePanels;
                values.Values<T>(panel, Math.Min(panel + SharePanels, values.ValuePanels), _output.Data);
                break;
        }
    }

    private void Whole<T>(in AttentionTile tile)
        where T : unmanaged, ILanes<T>
    {
        tile.CopyQueries(_q.Data);
        tile.Dots<T>(0, tile.KeyTiles);
        for (int query = 0; query < tile.Queries; query++)
        {
            tile.Exponentials<T>(query);
        }

        tile.Values<T>(0, tile.ValuePanels, _output.Data);
    }

    // One head of one session.
    private void Write(int item)
    {
        int index = item / _spec.KeyValueHeads, head = item % _spec.KeyValueHeads;
        StepSegment segment = _layout.Segments[index];
        CpuKeyValueStore store = _stores[index];
        for (int row = 0; row < segment.Rows; row++)
        {
            float* key = _k.Data + ((long)(segment.FirstRow + row) * _k.Columns) + ((long)head * store.KeySize);
            float* value = _v.Data + ((long)(segment.FirstRow + row) * _v.Columns) + ((long)head * store.ValueSize);
            store.Write(head, segment.FirstSlot + row, key, value);
        }
    }

    private int Tiles(int segment) => RowTiles(_layout.Segments[segment]) * _spec.KeyValueHeads;

    private int RowTiles(StepSegment segment) => (segment.Rows + _tileRows - 1) / _tileRows;

    private AttentionTile FindShared(int tile) => Find(tile, _scratch + (tile * _scratchFloats));

    // One head after another, so that its keys and values stay near; the rows that see the most first, so that no worker is left with a
    // long tile.
    private AttentionTile Find(int tile, float* scratch)
    {
        int index = 0;
        for (int tiles = Tiles(0); tile >= tiles; tiles = Tiles(index))
        {
            tile -= tiles;
            index++;
        }

        StepSegment segment = _layout.Segments[index];
        int rowTiles = RowTiles(segment);
        int first = (rowTiles - 1 - (tile % rowTiles)) * _tileRows;
        int rows = Math.Min(_tileRows, segment.Rows - first);
        return new AttentionTile(_spec, _layout, segment, _stores[index], segment.FirstRow + first, rows, tile / rowTiles, scratch);
    }
}
