using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

/// <summary>Functions in float64, to measure float32 against.</summary>
internal static class Reference
{
    public static double Activation(Activation function, double x) => function switch
    {
        Tensors.Activation.Silu => x * Sigmoid(x),
        Tensors.Activation.GeluTanh => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Tensors.Activation.GeluErf => x / 2 * (1 + Erf(x / Math.Sqrt(2))),
        Tensors.Activation.Relu => Math.Max(x, 0),
        Tensors.Activation.ReluSquared => Math.Max(x, 0) * Math.Max(x, 0),
        Tensors.Activation.Sigmoid => Sigmoid(x),
        Tensors.Activation.Softplus => Softplus(x),
        Tensors.Activation.Tanh => Math.Tanh(x),
        _ => throw new ArgumentOutOfRangeException(nameof(function)),
    };

    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    public static double Softplus(double x) => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));

    /// <summary>ln(1 + z), also for tiny z (Kahan's correction).</summary>
    public static double LogOnePlus(double z)
    {
        double u = 1 + z;
        return u == 1 ? z : Math.Log(u) * (z / (u - 1));
    }

    /// <summary>
    /// The series 2/√π · e^-x² Σ (2x²)ⁿ x / (2n+1)!!, whose terms are all positive: good to some ulps of float64 up to 6.
    /// </summary>
    public static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        if (magnitude > 6)
        {
            return Math.Sign(x);
        }

        double term = magnitude, sum = magnitude;
        for (int n = 1; term > sum * 1e-18; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
