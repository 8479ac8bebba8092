namespace Whorl.Tensors.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData(-5, "0 bytes")]
    [InlineData(0, "0 bytes")]
    [InlineData(1023, "1023 bytes")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(40_000, "39.1 KiB")]
    [InlineData(7_700_000, "7.3 MiB")]
    [InlineData(3L << 30, "3.00 GiB")]
    [InlineData(long.MaxValue, "8589934592.00 GiB")]
    public void A_size_is_told_in_the_unit_that_people_would_take(long bytes, string text) => Assert.Equal(text, ByteSize.ToText(bytes));
}
