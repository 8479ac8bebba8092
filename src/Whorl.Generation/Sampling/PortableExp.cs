namespace Whorl.Generation;

/// <summary>e^x in float64 from additions, multiplications and bit shifts alone, so that every platform draws the same token.</summary>
internal static class PortableExp
{
    /// <summary>e^x for x ≤ 0; 0 below -700. Relative error below 4e-16.</summary>
    public static double Of(double x)
    {
        if (!(x > -700))
        {
            return 0;
        }

        // x = n ln 2 + r, |r| ≤ ln 2 / 2; ln 2 in two parts so that n · high is exact.
        double n = Math.Round(x * 1.4426950408889634);
        double r = (x - (n * 0.693147180369123816490)) - (n * 1.90821492927058770002e-10);
        double sum = 1.0 / 6227020800;
        foreach (double coefficient in Coefficients)
        {
            sum = (sum * r) + coefficient;
        }

        return sum * BitConverter.Int64BitsToDouble(((long)n + 1023) << 52);
    }

    // 1/12!, 1/11!, …, 1/0!: Taylor's series, whose first term left out is below 2e-17 here.
    private static readonly double[] Coefficients =
    [
        1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1,
    ];
}
