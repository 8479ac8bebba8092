using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>The choice of experts for one row: the definition, and the only form, as it costs nothing beside the experts.</summary>
/// <remarks>
/// A score that is not a number is never greater than another; where nothing is left to compare, the lowest number is taken.
/// </remarks>
internal static class ExpertChoice
{
    /// <summary>Chooses the experts of a row.</summary>
    /// <param name="scores">What ranks the experts, <c>[Experts]</c>; overwritten.</param>
    /// <param name="spec">The rule.</param>
    /// <param name="chosen">Receives the numbers, best first, <c>[Chosen]</c>.</param>
    public static void Of(Span<float> scores, RouterSpec spec, Span<int> chosen)
    {
        if (spec.Groups > 1)
        {
            LeaveBestGroups(scores, spec);
        }

        Best(scores, chosen);
    }

    /// <summary>Weights of the chosen: scores, normalised in order of rank if asked for, and scaled.</summary>
    /// <param name="spec">The rule.</param>
    /// <param name="weights">The chosen scores, <c>[Chosen]</c>; become the weights.</param>
    public static void Weigh(RouterSpec spec, Span<float> weights)
    {
        if (spec.Normalise)
        {
            float sum = 0;
            foreach (float weight in weights)
            {
                sum += weight;
            }

            sum += 1e-20f; // as the reference; keeps sigmoids that are all 0 from dividing by 0
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] /= sum;
            }
        }

        for (int i = 0; i < weights.Length && spec.Scale != 1; i++)
        {
            weights[i] *= spec.Scale;
        }
    }

    /// <summary>The numbers of the greatest scores, best first, the lower number first among equals.</summary>
    private static void Best(ReadOnlySpan<float> scores, Span<int> best)
    {
        for (int rank = 0; rank < best.Length; rank++)
        {
            int found = -1;
            for (int i = 0; i < scores.Length; i++)
            {
                if (!best[..rank].Contains(i) && (found < 0 || scores[i] > scores[found]))
                {
                    found = i;
                }
            }

            best[rank] = found;
        }
    }

    private static void LeaveBestGroups(Span<float> scores, RouterSpec spec)
    {
        int size = spec.Experts / spec.Groups;
        Span<float> sums = stackalloc float[spec.Groups];
        Span<int> terms = stackalloc int[Math.Min(spec.GroupTerms, size)], groups = stackalloc int[spec.ChosenGroups];
        for (int group = 0; group < spec.Groups; group++)
        {
            ReadOnlySpan<float> members = scores.Slice(group * size, size);
            Best(members, terms);
            foreach (int term in terms)
            {
                sums[group] += members[term];
            }
        }

        Best(sums, groups);
        for (int group = 0; group < spec.Groups; group++)
        {
            if (!groups.Contains(group))
            {
                scores.Slice(group * size, size).Fill(float.NegativeInfinity);
            }
        }
    }
}
