using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>One call of attention: the new keys and values are written, then tiles of a few rows of one key head are attended to.</summary>
/// <remarks>
/// Where tiles are plenty, as in a prefill, each worker takes one after another and does it whole. Where they are few, as when one token is decoded, all
/// workers do each step of every tile together.
/// </remarks>
/// <param name="pool">The workers, which meet between the steps.</param>
/// <param name="set">The instruction set to run in.</param>
internal sealed unsafe class AttentionWork(WorkerPool pool, InstructionSet set) : ParallelWork
{
    // What a worker takes at a time where the steps are shared.
    private const int ShareKeyTiles = 8;
    private const int SharePanels = 2;

    // Slots from which on keys and values no longer stay in the second cache, so that more queries should meet them each time.
    private const int ManySlots = 1024;

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
    private int _taken;
    private int _dotsTaken;
    private int _exponentialsTaken;
    private int _valuesTaken;

    /// <summary>Multiplications that the call needs, about.</summary>
    public long Cost { get; private set; }

    /// <summary>Takes the arguments, which <see cref="IBackend.Attention"/> tells, and plans the tiles.</summary>
    public void Prepare(Tensor q, Tensor k, Tensor v, AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores, Tensor output)
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
            _tiles += RowTiles(segment) * spec.KeyValueHeads;
            _scratchFloats = Math.Max(_scratchFloats, AttentionTile.ScratchFloats(spec, Math.Min(_tileRows, segment.Rows), slots));
            Cost += (long)segment.Rows * slots * spec.Heads * (spec.KeySize + spec.ValueSize);
        }

        _mostKeyTiles = (mostSlots / ILanes<ScalarLanes>.Count) + 1;
        (_taken, _dotsTaken, _exponentialsTaken, _valuesTaken) = (0, 0, 0, 0);
    }

    /// <summary>Decides how so many workers share the call, and says how many floats of scratch memory they need.</summary>
    public long Plan(int workers)
    {
        _shareSteps = workers > 1 && _tiles < 4 * workers;
        return _scratchFloats * (_shareSteps ? _tiles : workers);
    }

    /// <summary>Takes the scratch memory.</summary>
    public void UseScratch(float* scratch) => _scratch = scratch;

    /// <summary>Lets go of the arguments.</summary>
    public void Forget() => Array.Clear(_stores);

    /// <inheritdoc/>
    public override void Run(int worker, int workers)
    {
        Write(worker, workers);
        switch (set)
        {
            case InstructionSet.Vector512:
                Attend<Lanes512>(worker, workers);
                break;
            case InstructionSet.Vector256:
                Attend<Lanes256>(worker, workers);
                break;
            case InstructionSet.Vector128:
                Attend<Lanes128>(worker, workers);
                break;
            default:
                Attend<ScalarLanes>(worker, workers);
                break;
        }
    }

    private static int Next(ref int taken) => Interlocked.Increment(ref taken) - 1;

    private void Attend<T>(int worker, int workers)
        where T : unmanaged, ILanes<T>
    {
        if (_shareSteps)
        {
            AttendTogether<T>(worker, workers);
            return;
        }

        pool.Barrier(workers);
        for (int i = Next(ref _taken); i < _tiles; i = Next(ref _taken))
        {
            AttentionTile tile = Find(i, _scratch + (worker * _scratchFloats));
            tile.CopyQueries(_q.Data);
            tile.Dots<T>(0, tile.KeyTiles);
            for (int query = 0; query < tile.Queries; query++)
            {
                tile.Exponentials<T>(query);
            }

            tile.Values<T>(0, tile.ValuePanels, _output.Data);
        }
    }

    private void AttendTogether<T>(int worker, int workers)
        where T : unmanaged, ILanes<T>
    {
        for (int i = worker; i < _tiles; i += workers)
        {
            FindShared(i).CopyQueries(_q.Data);
        }

        pool.Barrier(workers);
        for (int i = Next(ref _dotsTaken); i / _tiles * ShareKeyTiles < _mostKeyTiles; i = Next(ref _dotsTaken))
        {
            AttentionTile tile = FindShared(i % _tiles);
            int first = i / _tiles * ShareKeyTiles;
            tile.Dots<T>(first, Math.Min(first + ShareKeyTiles, tile.KeyTiles));
        }

        pool.Barrier(workers);
        int queries = _tileRows * (_spec.Heads / _spec.KeyValueHeads);
        for (int i = Next(ref _exponentialsTaken); i < _tiles * queries; i = Next(ref _exponentialsTaken))
        {
            AttentionTile tile = FindShared(i / queries);
            if (i % queries < tile.Queries)
            {
                tile.Exponentials<T>(i % queries);
            }
        }

        pool.Barrier(workers);
        int shares = (_stores[0].ValuePanels + SharePanels - 1) / SharePanels;
        for (int i = Next(ref _valuesTaken); i < _tiles * shares; i = Next(ref _valuesTaken))
        {
            AttentionTile tile = FindShared(i / shares);
            int first = i % shares * SharePanels;
            tile.Values<T>(first, Math.Min(first + SharePanels, tile.ValuePanels), _output.Data);
        }
    }

    // Heads go round among the workers.
    private void Write(int worker, int workers)
    {
        for (int i = 0; i < _layout.Segments.Count; i++)
        {
            StepSegment segment = _layout.Segments[i];
            CpuKeyValueStore store = _stores[i];
            for (int head = (worker + i) % workers; head < store.Heads; head += workers)
            {
                for (int row = 0; row < segment.Rows; row++)
                {
                    float* key = _k.Data + ((long)(segment.FirstRow + row) * _k.Columns) + ((long)head * store.KeySize);
                    float* value = _v.Data + ((long)(segment.FirstRow + row) * _v.Columns) + ((long)head * store.ValueSize);
                    store.Write(head, segment.FirstSlot + row, key, value);
                }
            }
        }
    }

    private int RowTiles(StepSegment segment) => (segment.Rows + _tileRows - 1) / _tileRows;

    private AttentionTile FindShared(int tile) => Find(tile, _scratch + (tile * _scratchFloats));

    // One head after another, so that its keys and values stay near; the rows that see the most first, so that no worker is left with a long tile.
    private AttentionTile Find(int tile, float* scratch)
    {
        int index = 0;
        for (int tiles = RowTiles(_layout.Segments[0]) * _spec.KeyValueHeads; tile >= tiles; tiles = RowTiles(_layout.Segments[index]) * _spec.KeyValueHeads)
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
