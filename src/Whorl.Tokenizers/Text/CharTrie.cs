namespace Whorl.Tokenizers.Text;

/// <summary>A trie over UTF-16 units with one value per stored string, in one open hash table.</summary>
internal sealed class CharTrie
{
    private const int Root = 0;
    private ulong[] _keys = new ulong[64]; // (node + 1) << 16 | unit; 0 is free
    private int[] _children = new int[64];
    private readonly List<int> _values = [-1];
    private int _used;

    /// <summary>Stores a string; a later value replaces an earlier one.</summary>
    public void Add(ReadOnlySpan<char> text, int value)
    {
        int node = Root;
        foreach (char c in text)
        {
            int next = Step(node, c);
            node = next >= 0 ? next : AddChild(node, c);
        }

        _values[node] = value;
    }

    /// <summary>The node to start from.</summary>
    public static int Start => Root;

    /// <summary>The node that a unit leads to, or -1.</summary>
    public int Step(int node, char unit)
    {
        ulong key = (ulong)(node + 1) << 16 | unit;
        for (int slot = SlotOf(key); ; slot = (slot + 1) & (_keys.Length - 1))
        {
            if (_keys[slot] == key)
            {
                return _children[slot];
            }

            if (_keys[slot] == 0)
            {
                return -1;
            }
        }
    }

    /// <summary>The node that a string leads to, or -1.</summary>
    public int Walk(int node, ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (node < 0)
            {
                break;
            }

            node = Step(node, c);
        }

        return node;
    }

    /// <summary>The value of the string that ends at a node, or -1.</summary>
    public int ValueAt(int node) => _values[node];

    /// <summary>The value and length of the longest stored string with which the text begins; (-1, 0) where there is none.</summary>
    public (int Value, int Length) Longest(ReadOnlySpan<char> text, int node = Root)
    {
        (int Value, int Length) best = (-1, 0);
        for (int i = 0; i < text.Length; i++)
        {
            node = Step(node, text[i]);
            if (node < 0)
            {
                break;
            }

            if (_values[node] >= 0)
            {
                best = (_values[node], i + 1);
            }
        }

        return best;
    }

    private int AddChild(int node, char unit)
    {
        if (_used * 2 >= _keys.Length)
        {
            Grow();
        }

        int child = _values.Count;
        _values.Add(-1);
        Insert((ulong)(node + 1) << 16 | unit, child);
        _used++;
        return child;
    }

    private void Insert(ulong key, int child)
    {
        int slot = SlotOf(key);
        while (_keys[slot] != 0)
        {
            slot = (slot + 1) & (_keys.Length - 1);
        }

        _keys[slot] = key;
        _children[slot] = child;
    }

    private void Grow()
    {
        (ulong[] keys, int[] children) = (_keys, _children);
        _keys = new ulong[keys.Length * 2];
        _children = new int[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0)
            {
                Insert(keys[i], children[i]);
            }
        }
    }

    private int SlotOf(ulong key) => (int)(key * 0x9E3779B97F4A7C15UL >> 40) & (_keys.Length - 1);
}
