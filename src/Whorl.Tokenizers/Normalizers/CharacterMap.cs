using System.Buffers.Binary;
using System.Text;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>SentencePiece's precompiled_charsmap: a double-array trie over UTF-8 (darts-clone) and the replacements it leads to.</summary>
/// <remarks>
/// Source: sentencepiece, normalizer.cc and third_party/darts_clone. Every index is checked, so any bytes are safe to
/// search.
/// </remarks>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <summary>Reads the map: the trie's length in bytes (uint32, little endian), the trie, then zero-ended strings.</summary>
    /// <exception cref="FormatException">The trie does not fit into the data.</exception>
    public CharacterMap(ReadOnlySpan<byte> data)
    {
        uint size = data.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(data);
        if (size > data.Length - 4 || size % 4 != 0)
        {
            throw new FormatException($"precompiled_charsmap of {data.Length} bytes does not hold the trie it announces");
        }

        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 + i * 4)..]);
        }

        _replacements = data[(4 + (int)size)..].ToArray();
    }

    /// <summary>The replacement of the shortest key with which the bytes begin, or null; this is what Hugging Face takes.</summary>
    public string? FindShortest(ReadOnlySpan<byte> bytes) => Find(bytes, longest: false, out _);

    /// <summary>The replacement of the longest key with which the bytes begin, or null; this is what sentencepiece takes.</summary>
    public string? FindLongest(ReadOnlySpan<byte> bytes, out int length) => Find(bytes, longest: true, out length);

    private string? Find(ReadOnlySpan<byte> bytes, bool longest, out int length)
    {
        long value = -1;
        length = 0;
        uint node = _units.Length == 0 ? 0 : Offset(_units[0]);
        for (int i = 0; i < bytes.Length && _units.Length > 0; i++)
        {
            byte b = bytes[i];
            node ^= b;
            if (b == 0 || node >= _units.Length || (_units[node] & 0x800000FF) != b)
            {
                break;
            }

            uint unit = _units[node];
            node ^= Offset(unit);
            if ((unit >> 8 & 1) != 0 && node < _units.Length)
            {
                value = _units[node] & 0x7FFFFFFF;
                length = i + 1;
                if (!longest)
                {
                    break;
                }
            }
        }

        return value < 0 || value > _replacements.Length ? null : ReplacementAt((int)value);
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1U << 9) >> 6);

    private string ReplacementAt(int start)
    {
        ReadOnlySpan<byte> rest = _replacements.AsSpan(start);
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
