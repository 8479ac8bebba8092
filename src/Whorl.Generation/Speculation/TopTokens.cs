namespace Whorl.Generation.Speculation;

/// <summary>The likeliest of many tokens.</summary>
internal static class TopTokens
{
    /// <summary>Finds them in one walk, the likelier first, the lower first among equals.</summary>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    /// <param name="top">Receives their numbers.</param>
    /// <returns>How many there are.</returns>
    public static int Find(ReadOnlySpan<float> logits, Span<int> top)
    {
        int count = 0;
        float least = float.NegativeInfinity;
        for (int id = 0; id < logits.Length; id++)
        {
            float logit = logits[id];
            if (count == top.Length ? !(logit > least) : float.IsNaN(logit))
            {
                continue;
            }

            int at = Math.Min(count, top.Length - 1);
            while (at > 0 && logits[top[at - 1]] < logit)
            {
                top[at] = top[at - 1];
                at--;
            }

            top[at] = id;
            count = Math.Min(count + 1, top.Length);
            least = logits[top[count - 1]];
        }

        return count;
    }

    /// <summary>The logarithm of the sum of the exponentials, by which a logit becomes the logarithm of a probability.</summary>
    public static double LogSum(ReadOnlySpan<float> logits)
    {
        float largest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            float below = logit - largest;
            sum += below > -20 ? MathF.Exp(below) : 0;
        }

        return largest + Math.Log(sum);
    }
}
