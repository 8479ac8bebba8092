namespace Whorl.Tensors.Tests;

public sealed class ElementTypesTests
{
    [Fact]
    public void The_table_has_every_type_at_its_own_place()
    {
        foreach (ElementType type in Enum.GetValues<ElementType>())
        {
            Assert.Equal(type, ElementTypes.Info(type).Type);
        }

        Assert.Equal(Enum.GetValues<ElementType>().Length, ElementTypes.All.Count);
    }

    [Fact]
    public void Names_and_ggml_numbers_find_their_type_again()
    {
        foreach (ElementTypeInfo info in ElementTypes.All)
        {
            Assert.True(ElementTypes.TryParse(info.Name, out ElementTypeInfo? byName));
            Assert.Same(info, byName);
            if (info.GgmlType >= 0)
            {
                Assert.True(ElementTypes.TryFromGgml(info.GgmlType, out ElementTypeInfo? byNumber));
                Assert.Same(info, byNumber);
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(31)]
    [InlineData(-1)]
    [InlineData(1 << 20)]
    public void A_retired_or_unknown_ggml_number_finds_nothing(int number) => Assert.False(ElementTypes.TryFromGgml(number, out _));

    [Fact]
    public void A_part_of_a_block_has_no_size()
    {
        Assert.Equal(40, ElementTypes.Info(ElementType.Q4_1).BytesFor(64));
        Assert.Throws<ArgumentException>(() => ElementTypes.Info(ElementType.Q4_1).BytesFor(33));
        Assert.Throws<ArgumentException>(() => ElementTypes.Info(ElementType.F32).BytesFor(-4));
        Assert.Throws<OverflowException>(() => ElementTypes.Info(ElementType.F64).BytesFor(long.MaxValue));
    }

    [Fact]
    public void A_value_outside_the_enumeration_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ElementTypes.Info((ElementType)1000));
}
