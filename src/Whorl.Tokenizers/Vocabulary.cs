using System.Diagnostics.CodeAnalysis;

namespace Whorl.Tokenizers;

/// <summary>The tokens of a model by id and by text.</summary>
internal sealed class Vocabulary
{
    /// <summary>More tokens, or a greater id, than any vocabulary has; what claims more is malformed.</summary>
    public const int MaxTokens = 1 << 24;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private string?[] _tokens;

    /// <summary>An empty vocabulary.</summary>
    /// <param name="capacity">How many tokens to make room for.</param>
    public Vocabulary(int capacity)
    {
        _ids = new Dictionary<string, int>(capacity, StringComparer.Ordinal);
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = new string?[capacity];
    }

    /// <summary>How many different tokens there are; the first id that an added token gets.</summary>
    public int Count => _ids.Count;

    /// <summary>One past the greatest id.</summary>
    public int IdLimit { get; private set; }

    /// <summary>Adds a token; of two with the same text the later one is found by it.</summary>
    /// <exception cref="FormatException">The id is negative or beyond <see cref="MaxTokens"/>.</exception>
    public void Add(string token, int id)
    {
        if (id is < 0 or >= MaxTokens)
        {
            throw new FormatException($"token id {id} is out of range");
        }

        if (id >= _tokens.Length)
        {
            Array.Resize(ref _tokens, Math.Max(id + 1, _tokens.Length * 2));
        }

        _ids[token] = id;
        _tokens[id] = token;
        IdLimit = Math.Max(IdLimit, id + 1);
    }

    /// <summary>The text of a token, or null where no token has the id.</summary>
    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The id of a token, or -1.</summary>
    public int IdOf(ReadOnlySpan<char> token) => _lookup.TryGetValue(token, out int id) ? id : -1;

    /// <summary>Finds the id of a token.</summary>
    public bool TryGetId([NotNullWhen(true)] string? token, out int id)
    {
        id = -1;
        return token is not null && _ids.TryGetValue(token, out id);
    }

    /// <summary>The ids of the byte tokens &lt;0x00&gt; to &lt;0xFF&gt;, -1 where one is lacking.</summary>
    public int[] ByteTokens()
    {
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++)
        {
            ids[b] = IdOf($"<0x{b:X2}>");
        }

        return ids;
    }
}
