using System.Runtime.InteropServices;

namespace Whorl.Tokenizers.Bpe;

/// <summary>Remembers the ids of short pieces: of fixed size, a newer piece replaces an older one of the same slot.</summary>
/// <remarks>Safe for concurrent use: entries never change, and a slot is one reference.</remarks>
internal sealed class WordCache
{
    /// <summary>Longer pieces are not remembered.</summary>
    public const int MaxLength = 48;

    private const int Slots = 1 << 15;
    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>A number by which to find and store a piece.</summary>
    public static uint HashOf(ReadOnlySpan<char> piece)
    {
        ulong hash = (ulong)piece.Length;
        ReadOnlySpan<ulong> blocks = MemoryMarshal.Cast<char, ulong>(piece);
        foreach (ulong block in blocks)
        {
            hash = (hash ^ block) * 0x9E3779B97F4A7C15UL;
            hash ^= hash >> 29;
        }

        foreach (char c in piece[(blocks.Length * 4)..])
        {
            hash = (hash ^ c) * 0x9E3779B97F4A7C15UL;
        }

        return (uint)(hash >> 32);
    }

    /// <summary>The ids of the piece, or null where they are not remembered.</summary>
    public int[]? Find(ReadOnlySpan<char> piece, uint hash)
    {
        Entry? entry = _entries[hash & (Slots - 1)];
        return entry is not null && piece.SequenceEqual(entry.Piece) ? entry.Ids : null;
    }

    /// <summary>Remembers the ids of a piece.</summary>
    public void Store(ReadOnlySpan<char> piece, uint hash, ReadOnlySpan<int> ids) =>
        _entries[hash & (Slots - 1)] = new Entry(piece.ToString(), ids.ToArray());

    private sealed record Entry(string Piece, int[] Ids);
}
