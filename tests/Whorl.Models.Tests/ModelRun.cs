namespace Whorl.Models.Tests;

/// <summary>One session through all spans of a <see cref="LoadedModel"/>.</summary>
internal sealed class ModelRun(LoadedModel model, SessionCache[] sessions) : IDisposable
{
    public SessionCache[] Sessions => sessions;

    private readonly StepPositions _positions = new();

    public int Committed => sessions[0].Committed;

    /// <summary>Computes tokens and gives their logits.</summary>
    public float[] Step(ReadOnlySpan<int> ids, int[]? parents = null, int[]? keep = null) => model.Head(Hidden(ids, parents, keep)).Logits;

    /// <summary>Computes tokens and gives what leaves the last block.</summary>
    public float[] Hidden(ReadOnlySpan<int> ids, int[]? parents = null, int[]? keep = null)
    {
        BlockStep step = new() { Rows = ids.Length, IsScratch = parents is not null, Parents = parents };
        (step.HasVerdict, step.Keep) = (keep is not null, keep);
        float[] hidden = model.Embed(ids, _positions.Of(step));
        for (int span = 0; span < model.Spans; span++)
        {
            float[] next = new float[hidden.Length];
            (step.Input, step.Output) = (hidden, next);
            model.Forward(span, [sessions[span]], [step]);
            hidden = next;
        }

        _positions.Accept(step);

        return hidden;
    }

    /// <summary>What leaves each block.</summary>
    public float[][] EveryBlock(ReadOnlySpan<int> ids)
    {
        float[] input = model.Embed(ids, [.. Enumerable.Range(0, ids.Length)]);
        float[] output = new float[model.Blocks * input.Length];
        model.Forward(0, [sessions[0]], [new BlockStep { Rows = ids.Length, Input = input, Output = output, EveryBlock = true }]);
        return [input, .. Enumerable.Range(0, model.Blocks).Select(k => output.AsSpan(k * input.Length, input.Length).ToArray())];
    }

    public void Dispose()
    {
        foreach (SessionCache session in sessions)
        {
            session.Dispose();
        }
    }
}
