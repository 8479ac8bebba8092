using System.Text;

namespace Whorl.Tokenizers.Unicode;

/// <summary>
/// The tables of UnicodeTables.bin, which make_tables.py wrote: what the reference tokenizer knows of Unicode where .NET knows otherwise
/// or, as with normalization under invariant globalization, nothing. General categories are .NET's own (Unicode 16, as Oniguruma's).
/// </summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());
    private readonly Dictionary<string, CodePointSet> _sets = [];
    private readonly Dictionary<string, Dictionary<int, int[]>> _maps = [];
    private readonly Dictionary<int, byte> _combiningClasses = [];
    private readonly Dictionary<long, int> _compositions = [];
    private readonly byte[] _data;
    private int _at;

    private UnicodeTables()
    {
        using (Stream stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("UnicodeTables.bin")!)
        {
            _data = new byte[stream.Length];
            stream.ReadExactly(_data);
        }

        for (int left = Number(); left > 0; left--)
        {
            string name = Name();
            _sets.Add(name, ReadSet());
        }

        for (int left = Number(); left > 0; left--)
        {
            string name = Name();
            _maps.Add(name, ReadMap());
        }

        ReadCombiningClasses();
        for (int left = Number(); left > 0; left--)
        {
            long first = Number();
            long second = Number();
            _compositions.Add(first << 32 | second, Number());
        }
    }

    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>A set by its name in make_tables.py, or null where there is none.</summary>
    public CodePointSet? FindSet(string name) => _sets.GetValueOrDefault(name);

    /// <summary>A set that make_tables.py is known to write.</summary>
    public CodePointSet Set(string name) => _sets[name];

    /// <summary>All sets whose names begin with <paramref name="prefix"/>, by the rest of the name.</summary>
    public IEnumerable<KeyValuePair<string, CodePointSet>> SetsUnder(string prefix) =>
        _sets.Where(set => set.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(set => KeyValuePair.Create(set.Key[prefix.Length..], set.Value));

    /// <summary>A map (canonical, compatibility, lowercase) from a code point to the code points that stand for it.</summary>
    public IReadOnlyDictionary<int, int[]> Map(string name) => _maps[name];

    /// <summary>The canonical combining class; 0 for starters.</summary>
    public int CombiningClass(int codePoint) => codePoint < 0x300 ? 0 : _combiningClasses.GetValueOrDefault(codePoint);

    /// <summary>The primary composite of two code points, Hangul left out, or -1.</summary>
    public int Compose(int first, int second) =>
        _compositions.TryGetValue((long)first << 32 | (uint)second, out int composed) ? composed : -1;

    private CodePointSet ReadSet()
    {
        int[] firsts = new int[Number()];
        int[] lasts = new int[firsts.Length];
        int at = 0;
        for (int i = 0; i < firsts.Length; i++)
        {
            firsts[i] = at + Number();
            lasts[i] = firsts[i] + Number();
            at = lasts[i] + 1;
        }

        return new CodePointSet(c =>
        {
            int index = Array.BinarySearch(firsts, c);
            index = index >= 0 ? index : ~index - 1;
            return index >= 0 && c <= lasts[index];
        });
    }

    private Dictionary<int, int[]> ReadMap()
    {
        int count = Number();
        var map = new Dictionary<int, int[]>(count);
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            int codePoint = at + Number();
            int[] result = new int[Number()];
            for (int k = 0; k < result.Length; k++)
            {
                result[k] = Number();
            }

            map.Add(codePoint, result);
            at = codePoint + 1;
        }

        return map;
    }

    private void ReadCombiningClasses()
    {
        int at = 0;
        for (int left = Number(); left > 0; left--)
        {
            int first = at + Number();
            int last = first + Number();
            byte value = (byte)Number();
            for (int c = first; c <= last; c++)
            {
                _combiningClasses.Add(c, value);
            }

            at = last + 1;
        }
    }

    private string Name()
    {
        int length = Number();
        string name = Encoding.ASCII.GetString(_data, _at, length);
        _at += length;
        return name;
    }

    private int Number()
    {
        int value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = _data[_at++];
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
