namespace Whorl.Tensors.Tests;

public sealed unsafe class NativeBufferTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(PageMapping.LeastBytes - 1, false)]
    [InlineData(PageMapping.LeastBytes, false)]
    [InlineData((8 << 20) + 5, true)]
    public void Memory_is_zeroed_aligned_writable_to_the_end_and_readable_a_vector_further(long bytes, bool hugePages)
    {
        using NativeBuffer buffer = new(bytes, hugePages);
        Assert.Equal(0, (long)buffer.Pointer % 64);
        Assert.False(new ReadOnlySpan<byte>(buffer.Pointer, (int)bytes + 64).ContainsAnyExcept((byte)0));
        new Span<byte>(buffer.Pointer, (int)bytes).Fill(1);
    }

    [Fact]
    public void A_freed_buffer_has_no_pointer_and_counts_no_more()
    {
        NativeBuffer buffer = new(1 << 20);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)buffer.Pointer);
    }

    [LinuxFact]
    public void Memory_that_was_used_goes_back_to_the_system_when_it_is_freed()
    {
        const int Buffers = 64, Size = 1 << 20;
        long before = Resident();
        for (int round = 0; round < 2; round++) // the allocator keeps more once it has seen pieces of a size freed
        {
            NativeBuffer[] buffers = [.. Enumerable.Range(0, Buffers).Select(_ => new NativeBuffer(Size))];
            foreach (NativeBuffer buffer in buffers)
            {
                new Span<byte>(buffer.Pointer, Size).Fill(1);
            }

            for (int i = 0; i < Buffers; i++)
            {
                buffers[i].Dispose();
            }

            Assert.InRange(Resident() - before, long.MinValue, (long)Buffers * Size / 2);
        }
    }

    private static long Resident() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], null) * Environment.SystemPageSize;
}
