namespace Whorl.Formats.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Only_the_ranges_asked_for_are_read_and_the_observer_sees_each()
    {
        List<(string Name, long Offset, long Length)> seen = [];
        using FileCheckpoint checkpoint = await OpenAsync((entry, offset, length) => seen.Add((entry.Name, offset, length)));
        TensorEntry embeddings = checkpoint.Get("token_embd.weight");

        Assert.Equal(0, checkpoint.BytesRead);
        float[] row = new float[64];
        checkpoint.ReadSingles(embeddings, 3 * 64, row);
        checkpoint.Read(checkpoint.Get("blk.0.attn_k.weight"), 2, new byte[4]);

        Assert.Equal(Samples.Singles(320, 1)[192..256], row);
        Assert.Equal([("token_embd.weight", 768L, 256L), ("blk.0.attn_k.weight", 2L, 4L)], seen);
        Assert.Equal(260, checkpoint.BytesRead);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1279, 2)]
    [InlineData(1281, 0)]
    [InlineData(long.MaxValue, 1)]
    public async Task A_range_beyond_the_tensor_is_refused(long offset, int length)
    {
        using FileCheckpoint checkpoint = await OpenAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => checkpoint.Read(checkpoint.Get("token_embd.weight"), offset, new byte[length]));
    }

    [Fact]
    public async Task A_missing_tensor_is_named_with_the_folder()
    {
        using FileCheckpoint checkpoint = await OpenAsync();
        Assert.False(checkpoint.TryGet("blk.9", out _));
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => checkpoint.Get("blk.9"));
        Assert.Contains("blk.9", refused.Message, StringComparison.Ordinal);
        Assert.Equal(_folder.Path, refused.File);
    }

    [Fact]
    public async Task Another_checkpoints_tensor_is_refused()
    {
        using FileCheckpoint checkpoint = await OpenAsync();
        await SafetensorsWriter.WriteAsync(_folder.File("other.safetensors"), Samples.Tensors());
        using FileCheckpoint other = SafetensorsCheckpoint.Open(_folder.File("other.safetensors"));
        Assert.Throws<ArgumentException>(() => checkpoint.Read(other.Get("scalar"), new byte[4]));
    }

    [Fact]
    public async Task A_file_that_shrank_after_opening_is_told_with_the_tensor()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // There nobody can write to a file that is held open for reading.
        }

        using FileCheckpoint checkpoint = await OpenAsync();
        TensorEntry embeddings = checkpoint.Get("token_embd.weight");
        using (FileStream file = new(embeddings.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.SetLength(embeddings.Offset + 100);
        }

        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => checkpoint.Read(embeddings, new byte[1280]));
        Assert.Contains("truncated", refused.Message, StringComparison.Ordinal);
        Assert.Equal("token_embd.weight", refused.Tensor);
    }

    [Fact]
    public async Task Many_threads_read_the_same_bytes()
    {
        using FileCheckpoint checkpoint = await OpenAsync();
        TensorEntry embeddings = checkpoint.Get("token_embd.weight");
        float[] expected = checkpoint.ReadSingles(embeddings);
        await Parallel.ForAsync(0, 64, (i, _) =>
        {
            float[] row = new float[64];
            checkpoint.ReadSingles(embeddings, i % 5 * 64, row);
            Assert.Equal(expected[(i % 5 * 64)..((i % 5 * 64) + 64)], row);
            return ValueTask.CompletedTask;
        });
        Assert.Equal(1280 + (64 * 256), checkpoint.BytesRead);
    }

    [Fact]
    public async Task Elements_that_are_no_numbers_are_not_expanded()
    {
        using FileCheckpoint checkpoint = await OpenAsync();
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => checkpoint.ReadSingles(checkpoint.Get("empty")));
        Assert.Contains("I32", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Compares a checkpoint with what was written into it.</summary>
    internal static void AssertHolds(ICheckpoint checkpoint, TensorSource[] tensors)
    {
        Assert.Equal(tensors.Select(tensor => tensor.Name).Order(), checkpoint.Names.Order());
        foreach (TensorSource tensor in tensors)
        {
            TensorEntry entry = checkpoint.Get(tensor.Name);
            Assert.Equal(tensor.Type, entry.Type);
            Assert.Equal(tensor.Shape, entry.Shape);
            byte[] expected = new byte[tensor.ByteLength];
            tensor.Fill(0, expected);
            byte[] bytes = new byte[entry.ByteLength];
            checkpoint.Read(entry, bytes);
            Assert.Equal(expected, bytes);
        }
    }

    private async Task<FileCheckpoint> OpenAsync(Action<TensorEntry, long, long>? observer = null)
    {
        await SafetensorsWriter.WriteAsync(_folder.File("x.safetensors"), Samples.Tensors());
        return SafetensorsCheckpoint.Open(_folder.File("x.safetensors"), observer);
    }
}
