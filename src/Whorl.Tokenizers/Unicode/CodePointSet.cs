namespace Whorl.Tokenizers.Unicode;

/// <summary>A set of code points given by a predicate, remembered in pages of 1024 bits as they are first asked for.</summary>
/// <remarks>Safe for concurrent use: a page that two threads make at once is the same page.</remarks>
internal sealed class CodePointSet
{
    private const int PageBits = 10;
    private readonly Func<int, bool> _test;
    private readonly ulong[]?[] _pages = new ulong[]?[0x110000 >> PageBits];
    private readonly ulong _below64;
    private readonly ulong _below128;

    /// <summary>The set of the code points for which <paramref name="test"/> holds; it must be pure.</summary>
    public CodePointSet(Func<int, bool> test)
    {
        _test = test;
        for (int c = 0; c < 64; c++)
        {
            _below64 |= test(c) ? 1UL << c : 0;
            _below128 |= test(c + 64) ? 1UL << c : 0;
        }
    }

    public static CodePointSet Single(int codePoint) => new(c => c == codePoint);

    public static CodePointSet OfRange(int first, int last) => new(c => c >= first && c <= last);

    public static CodePointSet Union(IReadOnlyList<CodePointSet> sets) =>
        sets.Count == 1 ? sets[0] : new CodePointSet(c =>
        {
            foreach (CodePointSet set in sets)
            {
                if (set.Contains(c))
                {
                    return true;
                }
            }

            return false;
        });

    public CodePointSet Complement() => new(c => !Contains(c));

    public CodePointSet Intersect(CodePointSet other) => new(c => Contains(c) && other.Contains(c));

    /// <summary>Whether the code point (0 to 0x10FFFF) is in the set.</summary>
    public bool Contains(int codePoint)
    {
        if (codePoint < 64)
        {
            return (_below64 >> codePoint & 1) != 0;
        }

        if (codePoint < 128)
        {
            return (_below128 >> (codePoint - 64) & 1) != 0;
        }

        ulong[] page = _pages[codePoint >> PageBits] ?? MakePage(codePoint >> PageBits);
        int bit = codePoint & ((1 << PageBits) - 1);
        return (page[bit >> 6] >> (bit & 63) & 1) != 0;
    }

    private ulong[] MakePage(int index)
    {
        ulong[] page = new ulong[1 << (PageBits - 6)];
        int first = index << PageBits;
        for (int bit = 0; bit < 1 << PageBits; bit++)
        {
            if (_test(first + bit))
            {
                page[bit >> 6] |= 1UL << (bit & 63);
            }
        }

        _pages[index] = page;
        return page;
    }
}
