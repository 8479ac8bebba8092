namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Sine and cosine in float64, our own, so that every platform gives the same bits.</summary>
internal static class SineCosine
{
    /// <summary>Where the reduction stops being accurate: 2⁴⁰ radians.</summary>
    public const double Limit = 1L << 40;

    // π/2 in two parts: the nearest double, and the nearest double to what is left.
    private const double HalfPi = 1.5707963267948966;
    private const double HalfPiRest = 6.123233995736766e-17;

    /// <summary>
    /// Sine and cosine of an angle that is a float32: absolute error below 2e-16, relative below 2⁻⁴⁰; so exact to float32 but for
    /// near-ties.
    /// </summary>
    /// <remarks>
    /// x = n·π/2 + r by two fused multiply-adds (no float32 below 2⁴⁰ lies so near to a multiple of π/2 that the 106 bits of π/2 would
    /// not do); then Taylor polynomials, of degree 17 and 18, on |r| ≤ π/4.
    /// </remarks>
    /// <param name="angle">Radians, up to ±2⁴⁰; beyond, and for NaN, both are NaN.</param>
    public static (double Sine, double Cosine) Of(float angle)
    {
        if (!(Math.Abs(angle) <= Limit))
        {
            return (double.NaN, double.NaN);
        }

        double n = Math.Round(angle * (1 / HalfPi));
        double r = Math.FusedMultiplyAdd(n, -HalfPi, angle);
        r = Math.FusedMultiplyAdd(n, -HalfPiRest, r);
        double sine = Sine(r), cosine = Cosine(r);
        return ((long)n & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
    }

    private static double Sine(double r)
    {
        double square = r * r;
        double p = 1 / 355687428096000.0; // 1/17!
        p = Math.FusedMultiplyAdd(p, square, -1 / 1307674368000.0);
        p = Math.FusedMultiplyAdd(p, square, 1 / 6227020800.0);
        p = Math.FusedMultiplyAdd(p, square, -1 / 39916800.0);
        p = Math.FusedMultiplyAdd(p, square, 1 / 362880.0);
        p = Math.FusedMultiplyAdd(p, square, -1 / 5040.0);
        p = Math.FusedMultiplyAdd(p, square, 1 / 120.0);
        p = Math.FusedMultiplyAdd(p, square, -1 / 6.0);
        return Math.FusedMultiplyAdd(p * square, r, r);
    }

    private static double Cosine(double r)
    {
        double square = r * r;
        double p = -1 / 6402373705728000.0; // 1/18!
        p = Math.FusedMultiplyAdd(p, square, 1 / 20922789888000.0);
        p = Math.FusedMultiplyAdd(p, square, -1 / 87178291200.0);
        p = Math.FusedMultiplyAdd(p, square, 1 / 479001600.0);
        p = Math.FusedMultiplyAdd(p, square, -1 / 3628800.0);
        p = Math.FusedMultiplyAdd(p, square, 1 / 40320.0);
        p = Math.FusedMultiplyAdd(p, square, -1 / 720.0);
        p = Math.FusedMultiplyAdd(p, square, 1 / 24.0);
        p = Math.FusedMultiplyAdd(p, square, -1 / 2.0);
        return Math.FusedMultiplyAdd(p, square, 1);
    }
}
