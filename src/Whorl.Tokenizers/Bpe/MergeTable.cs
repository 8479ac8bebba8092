namespace Whorl.Tokenizers.Bpe;

/// <summary>Which pairs of tokens merge, in which order, and into what: an open hash table.</summary>
internal sealed class MergeTable
{
    private readonly ulong[] _keys; // left << 32 | right, plus 1; 0 is free
    private readonly long[] _values; // rank << 32 | merged id

    /// <summary>A table for at most <paramref name="capacity"/> merges.</summary>
    public MergeTable(int capacity)
    {
        int size = 16;
        while (size < capacity * 2L)
        {
            size *= 2;
        }

        _keys = new ulong[size];
        _values = new long[size];
    }

    /// <summary>Adds a merge; a later one of the same pair replaces the earlier.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        ulong key = Key(left, right);
        int slot = SlotOf(key);
        while (_keys[slot] != 0 && _keys[slot] != key)
        {
            slot = (slot + 1) & (_keys.Length - 1);
        }

        _keys[slot] = key;
        _values[slot] = (long)rank << 32 | (uint)merged;
    }

    /// <summary>The rank (upper half) and merged id (lower half) of a pair; <see cref="long.MaxValue"/> where it does not merge.</summary>
    public long Find(int left, int right)
    {
        ulong key = Key(left, right);
        for (int slot = SlotOf(key); ; slot = (slot + 1) & (_keys.Length - 1))
        {
            if (_keys[slot] == key)
            {
                return _values[slot];
            }

            if (_keys[slot] == 0)
            {
                return long.MaxValue;
            }
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32 | (uint)right) + 1;

    private int SlotOf(ulong key) => (int)(key * 0x9E3779B97F4A7C15UL >> 35) & (_keys.Length - 1);
}
