namespace Whorl.Models.Tests;

public sealed class MemoryBudgetExceptionTests
{
    [Fact]
    public void Small_sizes_are_told_apart() => Assert.Equal(
        "the session's cache needs 36.0 KiB, and 12 bytes are free; ask for a shorter session or wait", new MemoryBudgetException(36 << 10, 12).Message);
}
