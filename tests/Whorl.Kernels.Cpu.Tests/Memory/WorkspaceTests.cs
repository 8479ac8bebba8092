using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Memory;

public sealed unsafe class WorkspaceTests
{
    [Fact]
    public void Tensors_do_not_overlap_and_are_aligned()
    {
        using var workspace = new Workspace();
        Tensor[] tensors = [.. Enumerable.Range(1, 300).Select(i => workspace.Rent(i, 97))];
        for (int i = 0; i < tensors.Length; i++)
        {
            Assert.Equal(0, (long)tensors[i].Data % 64);
            tensors[i].Span.Fill(i);
        }

        for (int i = 0; i < tensors.Length; i++)
        {
            Assert.False(tensors[i].Span.ContainsAnyExcept(i));
        }
    }

    [Fact]
    public void What_was_released_is_taken_again_and_nothing_new()
    {
        using var workspace = new Workspace();
        long mark = workspace.Mark(), held = 0;
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 50; j++)
            {
                workspace.Rent(100, 1000);
            }

            workspace.Release(mark);
            held = i == 0 ? workspace.Bytes : held;
        }

        Assert.Equal(held, workspace.Bytes);
    }

    [Fact]
    public void What_one_great_call_took_goes_back_when_many_small_ones_have_not_needed_it()
    {
        using var workspace = new Workspace();
        Use(10_000);
        long great = workspace.Bytes;
        for (int i = 0; i < 200; i++)
        {
            Use(i % 10 == 0 ? 300 : 10);
        }

        Assert.InRange(workspace.Bytes, 1, great / 8);

        void Use(int rows)
        {
            long mark = workspace.Mark();
            for (int i = 0; i < 5; i++)
            {
                workspace.Rent(rows, 1000).Span.Fill(1);
            }

            workspace.Release(mark);
        }
    }

    [Fact]
    public void A_mark_above_what_is_taken_is_refused()
    {
        using var workspace = new Workspace();
        long low = workspace.Mark();
        workspace.Rent(1, 16);
        long high = workspace.Mark();
        workspace.Release(low);
        Assert.Throws<ArgumentOutOfRangeException>(() => workspace.Release(high));
    }

    [Fact]
    public void A_disposed_backend_gives_all_memory_back()
    {
        var backend = new CpuBackend(new CpuBackendOptions { Threads = 2, SharesEverything = true });
        backend.Rent(1000, 1000);
        backend.Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.Release(64));
    }
}
