using System.Collections.ObjectModel;
using System.Globalization;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// Everything that decides the bytes that blocks compute. Two spans may stand in one chain, replay each other's sessions and check each
/// other only where
/// <see cref="Disagreement"/> finds none.
/// </summary>
/// <param name="Fingerprint">Of the model: config, and name, type and shape of every tensor; letters and digits.</param>
/// <param name="Activations">In what form activations meet quantised weights.</param>
/// <param name="Boundary">How hidden states are rounded at every block boundary.</param>
public sealed record SpanContract(string Fingerprint, ActivationFormat Activations, BoundaryFormat Boundary)
{
    /// <summary>The most blocks that a text may name.</summary>
    public const int MaxBlocks = 1024;

    private const string KnownKernels = "cpu-1", StoredWeights = "stored", NoAdapter = "none", BlockField = "block";
    private const int MaxFingerprint = 128;

    /// <summary>How keys and values are kept.</summary>
    public KeyValueFormat Cache { get; init; }

    /// <summary>Whose order of arithmetic; see <see cref="IBackend.KernelClass"/>.</summary>
    /// <value>that of the CPU's kernels</value>
    public string Kernels { get; init; } = KnownKernels;

    /// <summary>What is known of the weights' values: a digest a block.</summary>
    /// <value>nothing</value>
    public IReadOnlyDictionary<int, UInt128> Blocks { get; init; } = ReadOnlyDictionary<int, UInt128>.Empty;

    /// <summary>
    /// The contract in canonical text: a line <c>name value</c> for each field in the order of the names, then a line <c>block number
    /// digest</c> for each block in order, digests as 32 hexadecimal digits.
    /// </summary>
    public string Text => string.Concat(Fields.Concat(Blocks.OrderBy(b => b.Key).Select(BlockLine)).Select(line => line + '\n'));

    private IEnumerable<string> Fields =>
    [
        $"activations {Name(Activations)}", $"adapter {NoAdapter}", $"boundary {Name(Boundary)}", $"cache {Name(Cache)}", $"kernels {Kernels}",
        $"model {Fingerprint}", $"weights {StoredWeights}",
    ];

    /// <summary>Reads a contract's text.</summary>
    /// <exception cref="FormatException">
    /// It is no canonical text, or has a field or a value that is not known here; the message quotes it.
    /// </exception>
    public static SpanContract Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        SortedDictionary<int, UInt128> blocks = [];
        Dictionary<string, string> fields = [];
        foreach (string line in text.Split('\n', MaxBlocks + 100)[..^1])
        {
            string[] words = line.Split(' ');
            bool isKnown = words is [BlockField, var number, var digest]
                ? blocks.Count < MaxBlocks && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int block)
                    && UInt128.TryParse(digest, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 value) && blocks.TryAdd(block, value)
                : words is [var name, var word] && fields.TryAdd(name, word);
            if (!isKnown)
            {
                throw Unknown(line);
            }
        }

        SpanContract contract = new(
            fields.GetValueOrDefault("model", ""),
            Value<ActivationFormat>(fields, "activations"),
            Value<BoundaryFormat>(fields, "boundary"))
        {
            Cache = Value<KeyValueFormat>(fields, "cache"),
            Blocks = blocks,
        };

        // What it would write itself is all that it knows: other fields, values, orders and spellings are refused.
        if (contract.Fingerprint.Length is 0 or > MaxFingerprint || !contract.Fingerprint.All(char.IsAsciiLetterOrDigit) || contract.Text != text)
        {
            throw Unknown(text.Split('\n').Except(contract.Text.Split('\n')).FirstOrDefault(text));
        }

        return contract;
    }

    /// <summary>
    /// Where two contracts differ, of all that both say; what one knows of blocks of which the other says nothing is no difference.
    /// </summary>
    /// <returns>The first line that differs, in this contract and in the other; null where they agree.</returns>
    public (string Own, string Other)? Disagreement(SpanContract other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach ((string own, string theirs) in Fields.Zip(other.Fields))
        {
            if (own != theirs)
            {
                return (own, theirs);
            }
        }

        foreach (KeyValuePair<int, UInt128> block in Blocks.OrderBy(b => b.Key))
        {
            if (other.Blocks.TryGetValue(block.Key, out UInt128 digest) && digest != block.Value)
            {
                return (BlockLine(block), BlockLine(new(block.Key, digest)));
            }
        }

        return null;
    }

    /// <summary>This contract with what another one, with which it agrees, knows of other blocks.</summary>
    public SpanContract With(SpanContract other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with { Blocks = Sorted(Blocks.Concat(other.Blocks)) };
    }

    /// <summary>This contract with what is known of some blocks only.</summary>
    public SpanContract Of(BlockRange range) => this with { Blocks = Sorted(Blocks.Where(b => range.First <= b.Key && b.Key <= range.Last)) };

    /// <summary>Whether both have the same text.</summary>
    public bool Equals(SpanContract? other) => other is not null && (ReferenceEquals(this, other) || Text == other.Text);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Fingerprint, Activations, Boundary, Blocks.Count);

    private static SortedDictionary<int, UInt128> Sorted(IEnumerable<KeyValuePair<int, UInt128>> blocks)
    {
        SortedDictionary<int, UInt128> sorted = [];
        foreach ((int block, UInt128 digest) in blocks)
        {
            sorted[block] = digest;
        }

        return sorted;
    }

    private static string BlockLine(KeyValuePair<int, UInt128> block) => string.Create(CultureInfo.InvariantCulture, $"{BlockField} {block.Key} {block.Value:x32}");

    private static string Name<T>(T value)
        where T : struct, Enum => Enum.GetName(value)?.ToLowerInvariant() ?? "unknown";

    private static T Value<T>(Dictionary<string, string> fields, string name)
        where T : struct, Enum => Enum.GetValues<T>().FirstOrDefault(value => Name(value) == fields.GetValueOrDefault(name));

    private static FormatException Unknown(string line) => new($"the contract has '{line}', which is not known here; a later version may know it");
}
