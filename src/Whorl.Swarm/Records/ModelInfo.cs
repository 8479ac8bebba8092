using Whorl.MsgPack;
using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>A model that a swarm serves, as it stands in the directory of models.</summary>
/// <param name="NumBlocks">Its blocks; at least 1.</param>
/// <param name="Repository">Where its weights are (a URL); null for a local folder.</param>
public sealed record ModelInfo(int NumBlocks, string? Repository)
{
    private const string What = "model info";
    private const int MaxUrlLength = 2048;

    /// <summary>Reads a value of the directory. Keys that are not known are passed over.</summary>
    /// <exception cref="WireFormatException">Not such a value.</exception>
    public static ModelInfo Parse(ReadOnlySpan<byte> bytes)
    {
        var fields = new MapFields(MsgPackReader.ReadMap(bytes, What), What);
        return fields.Int32("num_blocks") is int and > 0 and var blocks
            ? new ModelInfo(blocks, fields.String("repository", MaxUrlLength) is { } url ? PeerText.Clean(url, MaxUrlLength) : null)
            : throw new WireFormatException($"{What}: 'num_blocks' is not an integer above 0");
    }

    /// <summary>The value's bytes.</summary>
    public byte[] ToBytes() => MsgPackWriter.Write(new MsgPackMap().Add("num_blocks", NumBlocks).Add("repository", Repository));
}
