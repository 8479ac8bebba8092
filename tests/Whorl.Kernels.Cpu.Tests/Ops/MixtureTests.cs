using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

public sealed class MixtureTests : IDisposable
{
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 2, SharesEverything = true });

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void The_best_experts_are_chosen_with_their_softmax()
    {
        (int[] chosen, float[] weights) = Route(new RouterSpec { Experts = 4, Chosen = 2 }, 1f, 3f, 0f, 2f);
        double sum = Math.Exp(1) + Math.Exp(3) + 1 + Math.Exp(2);
        Assert.Equal([1, 3], chosen);
        Assert.Equal(Math.Exp(3) / sum, weights[0], 1e-6);
        Assert.Equal(Math.Exp(2) / sum, weights[1], 1e-6);
    }

    [Fact]
    public void Weights_are_normalised_and_scaled_where_the_rule_says_so()
    {
        (_, float[] weights) = Route(new RouterSpec { Experts = 4, Chosen = 2, Normalise = true, Scale = 2.5f }, 1f, 3f, 0f, 2f);
        Assert.Equal(2.5 / (1 + Math.Exp(-1)), weights[0], 1e-6);
        Assert.Equal(2.5, weights[0] + weights[1], 1e-6);
        (_, float[] ofChosen) = Route(new RouterSpec { Experts = 4, Chosen = 2, Score = RouterScore.SoftmaxOfChosen }, 1f, 3f, 0f, 2f);
        Assert.Equal(1 / (1 + Math.Exp(-1)), ofChosen[0], 1e-6);
    }

    [Fact]
    public void Of_equal_scores_the_lower_number_wins()
    {
        (int[] chosen, _) = Route(new RouterSpec { Experts = 5, Chosen = 3 }, 1f, 2f, 1f, 2f, 1f);
        Assert.Equal([1, 3, 0], chosen);
    }

    [Fact]
    public void A_bias_moves_the_choice_and_not_the_weights()
    {
        using Parameter bias = Parameters.Of([10f, 0f, 0f, 0f]);
        (int[] chosen, float[] weights) = Route(
            new RouterSpec { Experts = 4, Chosen = 2, Score = RouterScore.Sigmoid, Bias = bias }, -3f, 1f, 0f, -1f);
        Assert.Equal([0, 1], chosen);
        Assert.Equal(1 / (1 + Math.Exp(3)), weights[0], 1e-6);
        Assert.Equal(1 / (1 + Math.Exp(-1)), weights[1], 1e-6);
    }

    [Fact]
    public void Groups_are_ranked_by_the_sum_of_their_best_and_the_others_are_out()
    {
        // The best expert of all is in the group whose two best are least.
        RouterSpec spec = new() { Experts = 6, Chosen = 2, Score = RouterScore.Sigmoid, Groups = 3, ChosenGroups = 1, GroupTerms = 2 };
        Assert.Equal([3, 2], Route(spec, 5f, -9f, 1f, 2f, 0f, 1f).Chosen);
        Assert.Equal([0, 1], Route(spec with { GroupTerms = 1 }, 5f, -9f, 1f, 2f, 0f, 1f).Chosen);
    }

    [Fact]
    public void Logits_that_are_no_numbers_still_give_numbers_of_experts()
    {
        (int[] chosen, _) = Route(
            new RouterSpec { Experts = 4, Chosen = 3, Groups = 2, ChosenGroups = 2 }, float.NaN, float.NaN, float.NaN, float.NaN);
        Assert.Equal([0, 1, 2], chosen);
    }

    [Fact]
    public void Rules_that_cannot_be_are_refused()
    {
        Assert.Throws<ShapeMismatchException>(() => Route(new RouterSpec { Experts = 4, Chosen = 5 }, 1f, 2f, 3f, 4f));
        Assert.Throws<ShapeMismatchException>(() => Route(new RouterSpec { Experts = 3, Chosen = 1 }, 1f, 2f, 3f, 4f));
        Assert.Throws<ShapeMismatchException>(
            () => Route(new RouterSpec { Experts = 4, Chosen = 3, Groups = 2, ChosenGroups = 1 }, 1f, 2f, 3f, 4f));
        Assert.Throws<ShapeMismatchException>(
            () => Route(new RouterSpec { Experts = 4, Chosen = 1, Groups = 3, ChosenGroups = 1 }, 1f, 2f, 3f, 4f));
    }

    [Fact]
    public void Tensors_are_put_side_by_side_and_one_after_another()
    {
        Tensor a = Filled(2, 2, 1, 2, 3, 4), b = Filled(2, 1, 5, 6);
        Assert.Equal([1f, 2, 5, 3, 4, 6], _backend.ConcatColumns(a, b).Span.ToArray());
        Assert.Equal([1f, 2, 3, 4, 1, 2, 3, 4], _backend.ConcatRows(a, a).Span.ToArray());
        Assert.Throws<ShapeMismatchException>(() => _backend.ConcatColumns(a, _backend.Rent(3, 1)));
        Assert.Throws<ShapeMismatchException>(() => _backend.ConcatRows(a, b));
    }

    private (int[] Chosen, float[] Weights) Route(RouterSpec spec, params float[] logits)
    {
        int[] chosen = new int[spec.Chosen];
        Tensor weights = _backend.Route(Filled(1, logits.Length, logits), spec, chosen);
        return (chosen, weights.Span.ToArray());
    }

    private Tensor Filled(int rows, int columns, params float[] values)
    {
        Tensor tensor = _backend.Rent(rows, columns);
        values.CopyTo(tensor.Span);
        return tensor;
    }
}
