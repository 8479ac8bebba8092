using Microsoft.Win32.SafeHandles;

namespace Whorl.Formats;

/// <summary>
/// What a GGUF file says of itself: <c>"GGUF"; u32 version; u64 tensors; u64 pairs; pairs; tensor infos; padding; data</c>, all
/// little-endian. Versions 2 and 3 (which differ in nothing but that 3 may be big-endian, which is refused).
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
/// </summary>
public sealed class GgufHeader
{
    /// <summary>The most bytes the header may have; those of the largest known vocabularies have some 15 MB.</summary>
    public const int MaxHeaderBytes = 512 << 20;

    private const uint Magic = 0x46554747;
    private const int MaxPairs = 1 << 16;
    internal const int MaxTensors = 1 << 20;
    private const int MaxNameBytes = 1 << 12;
    internal const int MaxDimensions = 4;
    internal const long MaxAlignment = 1 << 20;
    private const long DefaultAlignment = 32;

    private GgufHeader(int version, GgufMetadata metadata, long alignment, GgufTensorInfo[] infos, IReadOnlyList<TensorEntry> tensors)
    {
        Version = version;
        Metadata = metadata;
        Alignment = alignment;
        Infos = infos;
        Tensors = tensors;
        Absent = PartialGguf.ReadAbsent(this);
    }

    /// <summary>The format's version, 2 or 3.</summary>
    public int Version { get; }

    /// <summary>The key-value pairs.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>What offsets of tensors are multiples of, in bytes, counted from the start of the data.</summary>
    public long Alignment { get; }

    /// <summary>The tensors in the order of their infos, shapes turned to outermost first.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>Tensors that the file lacks, as it is a part of another; empty for a whole file.</summary>
    public IReadOnlyList<TensorEntry> Absent { get; }

    /// <summary>What the header says of each of <see cref="Tensors"/>.</summary>
    internal IReadOnlyList<GgufTensorInfo> Infos { get; }

    /// <summary>Where in the file the infos begin, behind the pairs.</summary>
    internal long InfosStart { get; private init; }

    /// <summary>Where the infos end.</summary>
    internal long InfosEnd { get; private init; }

    /// <summary>Whether the file begins with the four bytes of the format.</summary>
    /// <exception cref="ModelFormatException">It cannot be opened.</exception>
    public static bool HasMagic(string path)
    {
        using SafeFileHandle file = TensorFile.Open(path);
        Span<byte> start = stackalloc byte[4];
        return RandomAccess.Read(file, start, 0) == 4 && start.SequenceEqual("GGUF"u8);
    }

    /// <summary>Reads and checks the header, not the data.</summary>
    /// <exception cref="ModelFormatException">The file is missing or not well formed.</exception>
    public static GgufHeader Read(string path)
    {
        string full = Path.GetFullPath(path);
        using SafeFileHandle file = TensorFile.Open(full);
        return Read(file, full);
    }

    /// <summary>
    /// As <see cref="Read(string)"/>. Memory: at most 64 times the header's bytes, for one of nothing but tiny pairs and tensors.
    /// </summary>
    internal static GgufHeader Read(SafeFileHandle file, string path)
    {
        using GgufCursor cursor = new(file, path);
        return Read(cursor);
    }

    /// <summary>As <see cref="Read(string)"/>.</summary>
    /// <exception cref="HeaderCutException">The cursor has the beginning of the file only, and not all of the header.</exception>
    internal static GgufHeader Read(GgufCursor cursor)
    {
        int version = ReadVersion(cursor);

        // An info is a name's length, a count, a type and an offset at least; a pair a key's length, a type and a byte.
        int tensors = cursor.ReadCount("tensors", 24, MaxTensors);
        int pairs = cursor.ReadCount("metadata pairs", 13, MaxPairs);
        GgufMetadata metadata = new(cursor.Path, ReadPairs(cursor, pairs));
        long infosStart = cursor.Position;
        GgufTensorInfo[] infos = ReadInfos(cursor, tensors);
        long infosEnd = cursor.Position;
        long alignment = AlignmentOf(cursor.Path, metadata);
        GgufLayout layout = new(cursor.Path, AlignUp(infosEnd, alignment), cursor.FileLength, alignment);
        return new(version, metadata, alignment, infos, layout.Place(infos)) { InfosStart = infosStart, InfosEnd = infosEnd };
    }

    /// <summary>The next multiple of an alignment.</summary>
    internal static long AlignUp(long position, long alignment) => (position + alignment - 1) / alignment * alignment;

    private static int ReadVersion(GgufCursor cursor)
    {
        if (cursor.FileLength < 24 || cursor.ReadUInt32() != Magic)
        {
            throw cursor.Wrong("the file does not begin with \"GGUF\" and a header", 0);
        }

        uint version = cursor.ReadUInt32();
        return version switch
        {
            2 or 3 => (int)version,
            1 => throw new ModelFormatException(
                cursor.Path, "GGUF version 1 is not supported; convert the model with a converter of this time", offset: 4),
            0x02000000 or 0x03000000 => throw new ModelFormatException(
                cursor.Path, "the file is big-endian, which is not supported; convert it to little-endian", offset: 4),
            _ => throw new ModelFormatException(
                cursor.Path, $"GGUF version {version} is not supported, only 2 and 3; convert the model", offset: 4),
        };
    }

    private static OrderedDictionary<string, object> ReadPairs(GgufCursor cursor, int count)
    {
        OrderedDictionary<string, object> values = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            long at = cursor.Position;
            string key = cursor.ReadName("a metadata key", MaxNameBytes);
            if (!values.TryAdd(key, GgufValueReader.Read(cursor, key)))
            {
                throw cursor.Wrong("the metadata have this key twice", at, key);
            }
        }

        return values;
    }

    /// <summary>Reads so many infos of tensors.</summary>
    internal static GgufTensorInfo[] ReadInfos(GgufCursor cursor, int count)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        GgufTensorInfo[] infos = new GgufTensorInfo[count];
        for (int i = 0; i < count; i++)
        {
            long at = cursor.Position;
            string name = cursor.ReadName("a tensor's name", MaxNameBytes);
            if (!names.Add(name))
            {
                throw cursor.Wrong("the file has two tensors of this name", at, name);
            }

            uint dimensions = cursor.ReadUInt32();
            if (dimensions > MaxDimensions)
            {
                throw cursor.Wrong($"a tensor cannot have {dimensions} dimensions, only {MaxDimensions}", at, name);
            }

            long[] shape = new long[dimensions];
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                shape[d] = (long)cursor.ReadUInt64();
            }

            infos[i] = new(name, shape, cursor.ReadUInt32(), cursor.ReadUInt64(), at);
        }

        return infos;
    }

    private static long AlignmentOf(string path, GgufMetadata metadata)
    {
        const string Key = "general.alignment";
        long alignment = metadata.FindInt32(Key) ?? DefaultAlignment;
        return alignment is > 0 and <= MaxAlignment && long.IsPow2(alignment)
            ? alignment
            : throw new ModelFormatException(
                path, $"an alignment of {alignment} is no power of two up to {MaxAlignment}; the file is damaged", Key);
    }
}
