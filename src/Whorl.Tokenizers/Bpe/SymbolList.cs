namespace Whorl.Tokenizers.Bpe;

/// <summary>The symbols of one piece while they are merged: a doubly linked list in arrays that are used again.</summary>
internal sealed class SymbolList
{
    private const int ScanLimit = 24;
    private const int KeptCapacity = 1 << 16;

    private int[] _ids = new int[64];
    private int[] _lengths = new int[64];
    private int[] _next = [];
    private int[] _previous = [];
    private readonly long[] _ranks = new long[ScanLimit];
    private readonly PriorityQueue<int, long> _queue = new();

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>How many bytes of the piece each symbol stands for.</summary>
    public ReadOnlySpan<int> Lengths => _lengths.AsSpan(0, Count);

    /// <summary>Empties the list, and gives memory of a huge piece back.</summary>
    public void Clear()
    {
        Count = 0;
        if (_ids.Length > KeptCapacity)
        {
            (_ids, _lengths, _next, _previous) = (new int[64], new int[64], [], []);
            _queue.Clear();
            _queue.TrimExcess();
        }
    }

    public void Add(int id, int bytes)
    {
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            Array.Resize(ref _lengths, Count * 2);
        }

        _ids[Count] = id;
        _lengths[Count++] = bytes;
    }

    /// <summary>Merges until no pair merges any more: always the pair of least rank, of equal ones the leftmost.</summary>
    public void Merge(MergeTable merges)
    {
        if (Count <= ScanLimit)
        {
            MergeByScanning(merges);
        }
        else
        {
            MergeByQueue(merges);
        }
    }

    private void MergeByScanning(MergeTable merges)
    {
        long[] ranks = _ranks;
        for (int i = 0; i + 1 < Count; i++)
        {
            ranks[i] = merges.Find(_ids[i], _ids[i + 1]);
        }

        while (Count > 1)
        {
            int best = -1;
            long rank = long.MaxValue >> 32;
            for (int i = 0; i + 1 < Count; i++)
            {
                if (ranks[i] >> 32 < rank)
                {
                    best = i;
                    rank = ranks[i] >> 32;
                }
            }

            if (best < 0)
            {
                return;
            }

            _ids[best] = (int)(uint)ranks[best];
            _lengths[best] += _lengths[best + 1];
            int tail = Count - best - 2;
            Array.Copy(_ids, best + 2, _ids, best + 1, tail);
            Array.Copy(_lengths, best + 2, _lengths, best + 1, tail);
            if (tail > 0)
            {
                Array.Copy(ranks, best + 2, ranks, best + 1, tail - 1);
            }

            Count--;
            if (best > 0)
            {
                ranks[best - 1] = merges.Find(_ids[best - 1], _ids[best]);
            }

            if (best + 1 < Count)
            {
                ranks[best] = merges.Find(_ids[best], _ids[best + 1]);
            }
        }
    }

    private void MergeByQueue(MergeTable merges)
    {
        Link();
        for (int i = 0; i + 1 < Count; i++)
        {
            Enqueue(merges, i, i + 1);
        }

        while (_queue.TryDequeue(out int left, out long priority))
        {
            int right = _lengths[left] < 0 ? -1 : _next[left];
            long merge = right < 0 ? long.MaxValue : merges.Find(_ids[left], _ids[right]);
            if (merge == long.MaxValue || merge >> 32 != priority >> 32)
            {
                continue; // one of the two was merged meanwhile
            }

            _ids[left] = (int)(uint)merge;
            _lengths[left] += _lengths[right];
            _lengths[right] = -1;
            _next[left] = _next[right];
            if (_next[left] >= 0)
            {
                _previous[_next[left]] = left;
                Enqueue(merges, left, _next[left]);
            }

            if (_previous[left] >= 0)
            {
                Enqueue(merges, _previous[left], left);
            }
        }

        Compact();
    }

    private void Link()
    {
        if (_next.Length < Count)
        {
            _next = new int[_ids.Length];
            _previous = new int[_ids.Length];
        }

        for (int i = 0; i < Count; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < Count ? i + 1 : -1;
        }
    }

    private void Enqueue(MergeTable merges, int left, int right)
    {
        long merge = merges.Find(_ids[left], _ids[right]);
        if (merge != long.MaxValue)
        {
            _queue.Enqueue(left, merge & ~0xFFFFFFFFL | (uint)left);
        }
    }

    private void Compact()
    {
        int kept = 0;
        for (int i = 0; i >= 0 && i < Count; i = _next[i])
        {
            _ids[kept] = _ids[i];
            _lengths[kept++] = _lengths[i];
        }

        Count = kept;
    }
}
