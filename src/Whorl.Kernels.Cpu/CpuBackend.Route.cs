using Whorl.Kernels.Cpu.Memory;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>The choice of experts.</content>
public sealed unsafe partial class CpuBackend
{
    private const int MostExperts = 1024; // several times what any model has; groups are kept on the stack

    /// <inheritdoc/>
    public Tensor Route(Tensor logits, RouterSpec spec, Span<int> chosen)
    {
        ArgumentNullException.ThrowIfNull(spec);
        CheckRouter(logits, spec, chosen.Length);
        Tensor scores = spec.Score switch
        {
            RouterScore.Softmax => Softmax(logits),
            RouterScore.Sigmoid => Activate(Activation.Sigmoid, logits),
            RouterScore.SoftmaxOfChosen => logits,
            _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.Score, "no such score"),
        };
        Tensor ranked = Rent(1, spec.Experts), weights = Rent(logits.Rows, spec.Chosen);
        for (int row = 0; row < logits.Rows; row++)
        {
            Span<float> score = scores.Row(row), order = ranked.Span, weight = weights.Row(row);
            Span<int> experts = chosen.Slice(row * spec.Chosen, spec.Chosen);
            for (int i = 0; i < score.Length; i++)
            {
                order[i] = spec.Bias is null ? score[i] : score[i] + spec.Bias.Value.Span[i];
            }

            ExpertChoice.Of(order, spec, experts);
            for (int i = 0; i < experts.Length; i++)
            {
                weight[i] = score[experts[i]];
            }
        }

        weights = spec.Score == RouterScore.SoftmaxOfChosen ? Softmax(weights) : weights;
        for (int row = 0; row < logits.Rows; row++)
        {
            ExpertChoice.Weigh(spec, weights.Row(row));
        }

        return weights;
    }

    private static void CheckRouter(Tensor logits, RouterSpec spec, int chosen)
    {
        CheckShape("route", logits, logits.Rows, spec.Experts);
        CheckLength("route bias", spec.Bias, spec.Experts);
        if (spec.Experts > MostExperts || spec.Chosen < 1 || spec.Chosen > spec.Experts || chosen != logits.Rows * spec.Chosen)
        {
            throw new ShapeMismatchException(
                "route", $"1 to {Math.Min(spec.Experts, MostExperts)} experts for each of {logits.Rows} rows",
                $"{spec.Chosen}, {chosen} in all");
        }

        if (spec.Groups < 1 || spec.Experts % spec.Groups != 0 || spec.GroupTerms < 1
            || spec.ChosenGroups < 1 || spec.ChosenGroups > spec.Groups || spec.Chosen > spec.Experts / spec.Groups * spec.ChosenGroups)
        {
            throw new ShapeMismatchException(
                "route", $"{spec.Chosen} experts in chosen groups that divide {spec.Experts}",
                $"{spec.ChosenGroups} of {spec.Groups} groups");
        }
    }
}
