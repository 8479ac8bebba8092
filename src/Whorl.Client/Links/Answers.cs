using System.Numerics;
using System.Runtime.InteropServices;
using Whorl.Models;

namespace Whorl.Client.Links;

/// <summary>What no answer of an honest server can be, whatever the model.</summary>
internal static class Answers
{
    /// <summary>Refuses hidden states that no further block could compute with.</summary>
    /// <exception cref="BadAnswerException">A value is infinite or not a number.</exception>
    public static void RequireFinite(string server, BlockRange range, ReadOnlySpan<float> values)
    {
        if (!AreFinite(values))
        {
            throw new BadAnswerException(server, range, "hidden states that are infinite or not numbers");
        }
    }

    private static bool AreFinite(ReadOnlySpan<float> values)
    {
        // Times zero a finite number is zero, and any other is not a number: sums of such products tell without a branch a value.
        Vector<float> sum = Vector<float>.Zero;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (Vector<float> vector in vectors)
        {
            sum += vector * Vector<float>.Zero;
        }

        float rest = Vector.Sum(sum);
        foreach (float value in values[(vectors.Length * Vector<float>.Count)..])
        {
            rest += value * 0;
        }

        return rest == 0;
    }
}
