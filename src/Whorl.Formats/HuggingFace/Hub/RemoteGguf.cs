namespace Whorl.Formats;

/// <summary>A GGUF file on the hub: its header is read, its tensors are fetched by range.</summary>
internal sealed class RemoteGguf : RemoteWeights
{
    // Nothing tells how long the header is: it is read in parts that grow until it is whole.
    private const int FirstBytes = 1 << 18;

    private readonly RemoteContent _content;
    private readonly byte[] _beginning;
    private readonly GgufHeader _header;

    private RemoteGguf(RemoteContent content, byte[] beginning, GgufHeader header) =>
        (_content, _beginning, _header) = (content, beginning, header);

    /// <summary>Reads a file's header.</summary>
    /// <exception cref="HubException">The file cannot be had, or the hub serves no ranges of it.</exception>
    /// <exception cref="ModelFormatException">It is not well formed.</exception>
    public static async Task<RemoteGguf> OpenAsync(RemoteContent content, CancellationToken cancellationToken)
    {
        int most = (int)Math.Min(content.File.Size, GgufHeader.MaxHeaderBytes);
        byte[] beginning = [];
        while (true)
        {
            int there = beginning.Length;
            Array.Resize(ref beginning, Math.Min(most, Math.Max(FirstBytes, 2 * there)));
            await content.ReadAsync(there, beginning, there, cancellationToken);
            try
            {
                using GgufCursor cursor = new(beginning, content.Path, content.File.Size);
                return new RemoteGguf(content, beginning, GgufHeader.Read(cursor));
            }
            catch (HeaderCutException) when (beginning.Length < most)
            {
                // twice as much
            }
        }
    }

    /// <inheritdoc/>
    public override TensorSlice Slice(Func<string, bool> isWanted)
    {
        TensorEntry[] tensors = [.. _header.Tensors.Where(tensor => isWanted(tensor.Name))
            .OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteLength)];
        byte[] header = PartialGguf.MakeHeader(_header, _beginning, _content.File.Size, tensors, _content.Source);

        // With the padding behind each, which the last of a file may lack.
        return new TensorSlice(_content, header, [.. tensors.Select(tensor => (
            tensor.Offset, Math.Min(GgufHeader.AlignUp(tensor.ByteLength, _header.Alignment), _content.File.Size - tensor.Offset)))]);
    }
}
