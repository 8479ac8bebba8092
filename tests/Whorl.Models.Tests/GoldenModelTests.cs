using Whorl.Formats;

namespace Whorl.Models.Tests;

/// <summary>Every golden case of the families that are there, against the reference's outputs.</summary>
public sealed class GoldenModelTests
{
    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    public static TheoryData<string> OtherCases => [.. GoldenCase.NamesOfOtherFamilies];

    [Theory]
    [MemberData(nameof(OtherCases))]
    public void A_case_of_a_family_that_is_not_there_is_refused_by_its_name(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => ModelSource.Open(golden.Folder));
        Assert.Equal("model_type", e.Tensor);
        Assert.Contains($"\"{golden.ModelType}\" is not a family Whorl knows", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Hidden_states_and_logits_agree_with_the_reference_at_every_block(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        using LoadedModel model = new(golden.Folder);
        using GoldenTensors expected = golden.Expected();
        foreach (string prompt in (string[])["a", "b"])
        {
            int[] ids = expected.Ids($"{prompt}.input_ids");
            using ModelRun run = model.Open(ids.Length);
            float[][] hidden = run.EveryBlock(ids);
            for (int k = 0; k < hidden.Length; k++)
            {
                AssertClose(expected.Floats($"{prompt}.hidden.{k}"), Narrow(hidden[k], model), golden.Tolerance("hidden"), $"{prompt}.hidden.{k}");
            }

            (float[] logits, float[] final) = model.Head(hidden[^1]);
            AssertClose(expected.Floats($"{prompt}.final"), final, golden.Tolerance("final"), $"{prompt}.final");
            AssertClose(expected.Floats($"{prompt}.logits"), logits, golden.Tolerance("logits"), $"{prompt}.logits");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_greedy_continuation_is_the_reference_s(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        using LoadedModel model = new(golden.Folder);
        using GoldenTensors expected = golden.Expected();
        foreach (string prompt in (string[])["a", "b"])
        {
            int[] ids = expected.Ids($"{prompt}.input_ids"), greedy = expected.Ids($"{prompt}.greedy");
            if (model.Source.Spec.DependsOnSessionLength)
            {
                AssertRecomputed(model, expected, prompt, ids, greedy, golden.Tolerance("greedy_logits"));
                continue;
            }

            float[] wanted = expected.Floats($"{prompt}.greedy_logits");
            using ModelRun run = model.Open(ids.Length + greedy.Length);
            float[] logits = run.Step(ids)[^model.Vocabulary..];
            for (int i = 0; i < greedy.Length; i++)
            {
                AssertClose(wanted.AsSpan(i * model.Vocabulary, model.Vocabulary).ToArray(), logits, golden.Tolerance("greedy_logits"), $"{prompt}.greedy_logits[{i}]");
                Assert.Equal(greedy[i], IndexOfMax(logits));
                logits = run.Step([greedy[i]]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_gguf_twin_computes_what_it_holds(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        foreach ((string file, string expectation) in golden.Twins)
        {
            using LoadedModel model = new(file);
            using GoldenTensors expected = new(expectation);
            using GoldenTensors inputs = golden.Expected();
            foreach (string prompt in (string[])["a", "b"])
            {
                float[] logits = model.Logits(inputs.Ids($"{prompt}.input_ids"));
                AssertClose(expected.Floats($"{prompt}.logits"), logits, golden.Tolerance("logits"), $"{Path.GetFileName(file)}: {prompt}.logits");
            }
        }
    }

    /// <summary>
    /// Variants that depend on the current length are fixed when a session opens: each step is compared with a session declared for just
    /// its length.
    /// </summary>
    private static void AssertRecomputed(LoadedModel model, GoldenTensors expected, string prompt, int[] ids, int[] greedy, double tolerance)
    {
        float[] wanted = expected.Floats(expected.Has($"{prompt}.recomputed_logits") ? $"{prompt}.recomputed_logits" : $"{prompt}.greedy_logits");
        for (int i = 0; i < greedy.Length; i++)
        {
            float[] logits = model.Logits([.. ids, .. greedy[..i]])[^model.Vocabulary..];
            AssertClose(wanted.AsSpan(i * model.Vocabulary, model.Vocabulary).ToArray(), logits, tolerance, $"{prompt}.recomputed_logits[{i}]");
        }
    }

    private static float[] Narrow(float[] boundary, LoadedModel model)
    {
        int hidden = model.Source.Spec.HiddenSize;
        return model.Width == hidden ? boundary : [.. boundary.Chunk(model.Width).SelectMany(row => row[..hidden])];
    }

    private static int IndexOfMax(float[] values) => Array.IndexOf(values, values.Max());

    private static void AssertClose(float[] expected, float[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs), difference = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double here = Math.Abs((double)expected[i] - actual[i]);
            difference = here <= difference ? difference : here; // a NaN is taken
        }

        Assert.True(difference <= tolerance * largest, $"{what}: off by {difference / largest:G3} of the largest element, {tolerance:G3} allowed");
    }
}
