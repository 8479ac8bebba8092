namespace Whorl.Generation;

/// <summary>
/// e^x and its inverse in float64 from additions, multiplications, divisions and bit shifts alone, so that every platform draws the same
/// token.
/// </summary>
/// <remarks>
/// The exponential of <c>Whorl.Tensors</c> is another algorithm and rounds otherwise; tokens drawn by a seed hang on this one.
/// </remarks>
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

    /// <summary>ln y for a finite y ≥ 1; absolute error below 2e-15 · max(1, ln y). ∞ for ∞.</summary>
    public static double Log(double y)
    {
        if (!double.IsFinite(y))
        {
            return y;
        }

        // y = 2ᵉ · m, 1 ≤ m < 2. Newton's method on eˣ = m from 0: the distance d to the root, ln 2 at most, becomes about d²/2 with each
        // step.
        int e = Math.ILogB(y);
        double m = Math.ScaleB(y, -e), x = 0;
        for (int step = 0; step < 6; step++)
        {
            x += (m * Of(-x)) - 1;
        }

        return (e * 0.6931471805599453) + x;
    }

    // 1/12!, 1/11!, …, 1/0!: Taylor's series, whose first term left out is below 2e-17 here.
    private static readonly double[] Coefficients =
    [
        1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6,
        0.5, 1, 1,
    ];
}
