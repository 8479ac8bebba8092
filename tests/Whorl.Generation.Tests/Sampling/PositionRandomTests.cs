namespace Whorl.Generation.Tests.Sampling;

public sealed class PositionRandomTests
{
    [Fact]
    public void Numbers_fill_the_unit_interval_evenly()
    {
        int[] bins = new int[20];
        for (int position = 0; position < 20_000; position++)
        {
            double number = PositionRandom.Uniform(77, position);
            Assert.InRange(number, 0, 1 - double.Epsilon);
            bins[(int)(number * bins.Length)]++;
        }

        Assert.All(bins, count => Assert.InRange(count, 840, 1160)); // 1000, and five deviations of 31
    }

    [Fact]
    public void Neighbouring_seeds_and_positions_have_nothing_in_common()
    {
        double[] numbers = [.. from seed in Enumerable.Range(0, 100) from position in Enumerable.Range(0, 100) select PositionRandom.Uniform((ulong)seed, position)];
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
    }
}
