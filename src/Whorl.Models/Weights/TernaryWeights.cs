using System.Buffers.Binary;

namespace Whorl.Models;

/// <summary>
/// Weights of -1, 0 and 1 times a scale, expanded. Source: Ma et al., arXiv:2402.17764; transformers' integrations/bitnet.py.
/// </summary>
internal static class TernaryWeights
{
    /// <summary>What follows a role for its scale.</summary>
    public const string ScaleRole = "_scale";

    /// <summary>Weights in a byte.</summary>
    public const int PerByte = 4;

    /// <summary>Expands one bit pair of each byte to float32.</summary>
    /// <param name="packed">
    /// Bytes of <c>[outputs / 4, inputs]</c>: bit pair k of byte (r, c) holds 1 more than the weight of row r + k · outputs / 4, column c.
    /// </param>
    /// <param name="pair">k, 0 to 3.</param>
    /// <param name="scale">What the weights are multiplied by.</param>
    /// <param name="into">Receives a weight a byte, little-endian.</param>
    public static void Unpack(ReadOnlySpan<byte> packed, int pair, float scale, Span<byte> into)
    {
        for (int i = 0; i < packed.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(into[(i * sizeof(float))..], (((packed[i] >> (2 * pair)) & 3) - 1) * scale);
        }
    }

    /// <summary>As <see cref="Unpack"/>, to bfloat16, for a scale that bfloat16 holds exactly.</summary>
    public static void UnpackToBFloat16(ReadOnlySpan<byte> packed, int pair, float scale, Span<byte> into)
    {
        ushort one = (ushort)(BitConverter.SingleToUInt32Bits(scale) >> 16);
        ushort two = (ushort)(BitConverter.SingleToUInt32Bits(2 * scale) >> 16);
        ReadOnlySpan<ushort> values = [(ushort)(one ^ 0x8000), 0, one, two];
        for (int i = 0; i < packed.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(into[(i * sizeof(ushort))..], values[(packed[i] >> (2 * pair)) & 3]);
        }
    }

    /// <summary>Adds up the magnitudes of weights, one after another.</summary>
    public static double AddMagnitudes(double sum, ReadOnlySpan<float> weights)
    {
        foreach (float weight in weights)
        {
            sum += Math.Abs(weight);
        }

        return sum;
    }

    /// <summary>Rounds weights in place to the nearest of -m, 0 and m.</summary>
    /// <param name="weights">Some of a matrix's.</param>
    /// <param name="mean">m, the mean of the magnitudes of all of them.</param>
    public static void Round(Span<float> weights, double mean)
    {
        float scale = 1 / Math.Max((float)mean, 1e-5f);
        foreach (ref float weight in weights)
        {
            weight = Math.Clamp(MathF.Round(weight * scale), -1, 1) / scale;
        }
    }
}
