using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Memory;

public sealed unsafe class PagePoolTests
{
    private const long Page = 1 << 20;
    private static readonly PageShape Shape = new(2, 64, 64, 256), Other = new(2, 64, 64, 100);

    [Fact]
    public void A_page_that_was_given_back_is_taken_again_by_its_shape_alone()
    {
        using PagePool pool = new(long.MaxValue, 4 * Page);
        NativeBuffer page = pool.Take(Shape, Page);
        void* at = page.Pointer;
        pool.Give(Shape, page);
        Assert.Equal((0, Page), (pool.TakenBytes, pool.FreeBytes));
        NativeBuffer other = pool.Take(Other, Page), again = pool.Take(Shape, Page);
        Assert.True(again.Pointer == at && other.Pointer != at);
        Assert.Equal((2 * Page, 0), (pool.TakenBytes, pool.FreeBytes));
        pool.Give(Shape, again);
        pool.Give(Other, other);
    }

    [Fact]
    public void No_more_is_kept_than_is_allowed_and_free_pages_make_room_for_those_of_other_shapes()
    {
        using PagePool pool = new(4 * Page, 2 * Page);
        NativeBuffer[] pages = [.. Enumerable.Range(0, 3).Select(_ => pool.Take(Shape, Page))];
        Array.ForEach(pages, page => pool.Give(Shape, page));
        Assert.Equal((0, 2 * Page), (pool.TakenBytes, pool.FreeBytes));
        NativeBuffer[] others = [.. Enumerable.Range(0, 3).Select(_ => pool.Take(Other, Page))];
        Assert.Equal((3 * Page, Page), (pool.TakenBytes, pool.FreeBytes));
        Array.ForEach(others, page => pool.Give(Other, page));
    }

    [Fact]
    public void What_nobody_has_needed_since_the_last_trim_goes_back_to_the_system()
    {
        using PagePool pool = new(long.MaxValue, 8 * Page);
        NativeBuffer[] pages = [.. Enumerable.Range(0, 3).Select(_ => pool.Take(Shape, Page))];
        Array.ForEach(pages, page => pool.Give(Shape, page));
        pool.Trim();
        Assert.Equal(3 * Page, pool.FreeBytes); // just given back
        pool.Give(Shape, pool.Take(Shape, Page));
        pool.Trim();
        Assert.Equal(Page, pool.FreeBytes); // one was needed
        pool.Trim();
        Assert.Equal(0, pool.FreeBytes);
    }

    [Fact]
    public void A_page_that_comes_back_after_the_pool_is_gone_is_freed()
    {
        PagePool pool = new(long.MaxValue, 8 * Page);
        NativeBuffer free = pool.Take(Shape, Page), late = pool.Take(Shape, Page);
        pool.Give(Shape, free);
        pool.Dispose();
        pool.Give(Shape, late);
        Assert.Throws<ObjectDisposedException>(() => (nint)free.Pointer);
        Assert.Throws<ObjectDisposedException>(() => (nint)late.Pointer);
    }
}
