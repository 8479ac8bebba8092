namespace Whorl.Tensors;

/// <summary>
/// Exponential, logarithm and power in float64, our own, so that every platform gives the same bits where a model's constants are computed.
/// </summary>
/// <remarks>Only IEEE 754's exact operations are used, in a fixed order; the platform's own functions differ in their last bits.</remarks>
public static class PortableMath
{
    private const double Ln2 = 0.69314718055994529; // nearest double
    private const double Ln2Rest = 2.3190468138462996e-17; // nearest double to what is left

    /// <summary>eˣ; relative error below 4e-16. ∞ from 709.79 up, 0 from -745.2 down, NaN for NaN.</summary>
    public static double Exp(double x) => Exp(x, 0);

    /// <summary>The natural logarithm; relative error below 4e-16.</summary>
    /// <param name="x">A positive number; 0 gives -∞, ∞ gives ∞, a negative number or NaN gives NaN.</param>
    public static double Log(double x)
    {
        if (!(x > 0) || double.IsPositiveInfinity(x))
        {
            return x == 0 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
        }

        (double high, double low) = LogParts(x);
        return high + low;
    }

    /// <summary>xʸ for a positive x; relative error below 1e-15 while the result is neither subnormal nor infinite.</summary>
    /// <param name="x">The base, positive and finite.</param>
    /// <param name="y">The exponent, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">The base is not positive and finite.</exception>
    public static double Pow(double x, double y)
    {
        if (!(x > 0) || double.IsPositiveInfinity(x))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "must be positive and finite");
        }

        // y · ln x with twice the digits, as its absolute error becomes the result's relative one.
        (double high, double low) = LogParts(x);
        double product = high * y;
        double rest = Math.FusedMultiplyAdd(high, y, -product) + (low * y);
        return double.IsFinite(product) ? Exp(product, rest) : Exp(product, 0);
    }

    // e^(x + rest) = 2ⁿ · e^r: Taylor's polynomial of degree 14 on |r| ≤ ln 2 / 2.
    private static double Exp(double x, double rest)
    {
        if (!(Math.Abs(x) < 750))
        {
            return x > 0 ? double.PositiveInfinity : x < 0 ? 0 : double.NaN;
        }

        double n = Math.Round(x * (1 / Ln2));
        double r = Math.FusedMultiplyAdd(n, -Ln2, x);
        rest = Math.FusedMultiplyAdd(n, -Ln2Rest, rest);
        double sum = r + rest;
        double lost = (r - sum) + rest;
        double p = 1 / 87178291200.0;
        ReadOnlySpan<double> factorials = [6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2];
        foreach (double factorial in factorials)
        {
            p = Math.FusedMultiplyAdd(p, sum, 1 / factorial);
        }

        double tail = Math.FusedMultiplyAdd(p, sum * sum, lost);
        return Math.ScaleB(1 + (sum + tail), (int)n);
    }

    // x = 2ᵉ · m, √½ ≤ m < √2: ln x = e · ln 2 + 2 artanh((m - 1) / (m + 1)), as a double and what it lacks.
    private static (double High, double Low) LogParts(double x)
    {
        int e = Math.ILogB(x);
        double m = Math.ScaleB(x, -e);
        if (m > 1.4142135623730951)
        {
            m /= 2;
            e++;
        }

        // s + sRest is the quotient with twice the digits; m - 1 is exact, m + 1 may lack its last bit.
        double numerator = m - 1, denominator = m + 1;
        double denominatorRest = (m - denominator) + 1;
        double s = numerator / denominator;
        double sRest = (Math.FusedMultiplyAdd(-s, denominator, numerator) - (s * denominatorRest)) / denominator;

        double square = s * s;
        double p = 0;
        for (int k = 27; k >= 3; k -= 2)
        {
            p = Math.FusedMultiplyAdd(p, square, 2.0 / k);
        }

        double series = Math.FusedMultiplyAdd(p, square * s, 2 * sRest);
        double high = e * Ln2;
        double highRest = Math.FusedMultiplyAdd(e, Ln2, -high) + (e * Ln2Rest);
        double sum = high + (2 * s);
        double lost = e == 0 ? 0 : (high - sum) + (2 * s); // |high| is the greater unless e is 0
        return Normalised(sum, lost + (highRest + series));
    }

    private static (double High, double Low) Normalised(double a, double b)
    {
        double sum = a + b;
        return (sum, (a - sum) + b);
    }
}
