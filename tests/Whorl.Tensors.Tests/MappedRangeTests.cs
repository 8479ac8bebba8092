namespace Whorl.Tensors.Tests;

public sealed unsafe class MappedRangeTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(64, 0)]
    [InlineData(4096 + 128, 5000)]
    public void A_range_shows_the_file_s_bytes_aligned_and_some_behind_them(int offset, int bytes)
    {
        byte[] data = Write(10_000);
        using MappedRange range = new(_file, offset, bytes);
        Assert.Equal(bytes, range.Bytes);
        Assert.Equal(0u, (nuint)range.Pointer % 64);
        Assert.Equal(data[offset..(offset + bytes + 64)], new ReadOnlySpan<byte>(range.Pointer, bytes + 64));
    }

    [Theory]
    [InlineData(64, 9_937)]
    [InlineData(9_984, 0)]
    [InlineData(long.MaxValue - 63, 64)]
    [InlineData(64, long.MaxValue)]
    public void A_range_that_the_file_does_not_hold_is_refused(long offset, long bytes)
    {
        Write(10_000);
        Assert.Throws<EndOfStreamException>(() => new MappedRange(_file, offset, bytes));
    }

    [Fact]
    public void A_range_begins_at_a_multiple_of_64_bytes()
    {
        Write(10_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => new MappedRange(_file, 32, 10));
    }

    [Fact]
    public void A_range_that_was_disposed_is_not_read()
    {
        Write(1_000);
        MappedRange range = new(_file, 0, 10);
        range.Dispose();
        range.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nuint)range.Pointer);
    }

    private byte[] Write(int length)
    {
        byte[] data = new byte[length];
        new Random(3).NextBytes(data);
        File.WriteAllBytes(_file, data);
        return data;
    }
}
