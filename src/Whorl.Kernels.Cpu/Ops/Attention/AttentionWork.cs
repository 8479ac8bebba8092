using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>One call of attention, cut into tiles of a few rows of one key head, which the workers take one after another.</summary>
internal sealed unsafe class AttentionWork : ParallelWork
{
    /// <summary>Most query vectors of a tile, unless one row's heads of one key head are more.</summary>
    private const int TileQueries = 12;

    private CpuKeyValueStore[] _stores = [];
    private AttentionSpec _spec = null!;
    private StepLayout _layout = null!;
    private float* _q;
    private float* _output;
    private float* _scratch;
    private long _scratchFloats;
    private int _tileRows;
    private int _tiles;
    private int _taken;

    /// <summary>Scratch memory that each worker needs, in floats.</summary>
    public long ScratchFloats => _scratchFloats;

    /// <summary>Multiplications that the call needs, about.</summary>
    public long Cost { get; private set; }

    /// <summary>Takes the arguments, which <see cref="IBackend.Attention"/> tells.</summary>
    public void Prepare(AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores, float* q, float* output)
    {
        if (_stores.Length < stores.Length)
        {
            _stores = new CpuKeyValueStore[stores.Length];
        }

        (_spec, _layout) = (spec, layout);
        _q = q;
        _output = output;
        _tileRows = Math.Max(1, TileQueries / (spec.Heads / spec.KeyValueHeads));
        _tiles = 0;
        _taken = 0;
        _scratchFloats = 0;
        Cost = 0;
        for (int i = 0; i < stores.Length; i++)
        {
            StepSegment segment = layout.Segments[i];
            _stores[i] = (CpuKeyValueStore)stores[i];
            _tiles += TilesOf(segment);
            int slots = segment.FirstSlot + segment.Rows;
            _scratchFloats = Math.Max(_scratchFloats, AttentionTile.ScratchFloats(spec, Math.Min(_tileRows, segment.Rows), slots));
            Cost += (long)segment.Rows * slots * spec.Heads * (spec.KeySize + spec.ValueSize);
        }
    }

    /// <summary>Gives every worker its scratch memory, <see cref="ScratchFloats"/> each.</summary>
    public void UseScratch(float* scratch) => _scratch = scratch;

    /// <summary>Lets go of the arguments.</summary>
    public void Forget() => Array.Clear(_stores);

    /// <inheritdoc/>
    public override void Run(int worker, int workers)
    {
        float* scratch = _scratch + (worker * _scratchFloats);
        for (int tile = Interlocked.Increment(ref _taken) - 1; tile < _tiles; tile = Interlocked.Increment(ref _taken) - 1)
        {
            Run(Find(tile), scratch);
        }
    }

    private void Run(in AttentionTile tile, float* scratch)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            tile.Run<Lanes512>(_q, _output, scratch);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            tile.Run<Lanes256>(_q, _output, scratch);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            tile.Run<Lanes128>(_q, _output, scratch);
        }
        else
        {
            tile.Run<ScalarLanes>(_q, _output, scratch);
        }
    }

    private int TilesOf(StepSegment segment) => (segment.Rows + _tileRows - 1) / _tileRows * _spec.KeyValueHeads;

    // The last tiles of a segment see the most keys; they come first, so that no worker is left with a long one at the end.
    private AttentionTile Find(int tile)
    {
        int index = 0;
        while (tile >= TilesOf(_layout.Segments[index]))
        {
            tile -= TilesOf(_layout.Segments[index++]);
        }

        StepSegment segment = _layout.Segments[index];
        int fromEnd = tile / _spec.KeyValueHeads;
        int first = ((segment.Rows + _tileRows - 1) / _tileRows - 1 - fromEnd) * _tileRows;
        return new AttentionTile
        {
            Spec = _spec,
            Layout = _layout,
            Segment = segment,
            Store = _stores[index],
            FirstRow = segment.FirstRow + first,
            Rows = Math.Min(_tileRows, segment.Rows - first),
            Head = tile % _spec.KeyValueHeads,
        };
    }
}
