using Whorl.Models;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Tensors;
using Whorl.Tensors;

namespace Whorl.Server.Petals;

/// <summary>The tensors of a step or forward pass, restored and checked.</summary>
/// <param name="Hidden">What enters the first block, <c>[Batch, Rows, boundary]</c>.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Rows">New tokens of each; may be 0.</param>
/// <param name="Prompts">Deep prompts, <c>[blocks, 1 or Batch, PromptRows, boundary]</c>; empty for none.</param>
/// <param name="PromptRows">Their rows, at most <paramref name="Rows"/>.</param>
internal sealed record StepInputs(float[] Hidden, int Batch, int Rows, float[] Prompts, int PromptRows)
{
    /// <summary>The memory of each sequence that it goes on from, as an index into the batch; null for its own.</summary>
    public int[]? Hypotheses { get; private init; }

    /// <summary>Whether there are deep prompts.</summary>
    public bool HasPrompts => PromptRows > 0;

    /// <summary>Reads the tensors of rpc_inference: hidden states, prompts, hypothesis ids.</summary>
    /// <exception cref="PetalsException">They do not fit.</exception>
    public static StepInputs ReadStep(IReadOnlyList<TensorMessage> tensors, IReadOnlyList<int>? arguments, BlockRange range, SpanShape shape)
    {
        IReadOnlyList<TensorMessage> ordered = Order(tensors, arguments, 3);
        StepInputs inputs = Read(ordered[0], ordered[1], range, shape);
        return inputs with { Hypotheses = ReadHypotheses(ordered[2], inputs.Batch) };
    }

    /// <summary>Reads the tensors of rpc_forward: hidden states, prompts.</summary>
    /// <exception cref="PetalsException">They do not fit.</exception>
    public static StepInputs ReadForward(IReadOnlyList<TensorMessage> tensors, IReadOnlyList<int>? arguments, BlockRange range, SpanShape shape)
    {
        IReadOnlyList<TensorMessage> ordered = Order(tensors, arguments, 2);
        return Read(ordered[0], ordered[1], range, shape);
    }

    /// <summary>Reads the tensors of rpc_backward: hidden states, gradients of the outputs, prompts.</summary>
    /// <exception cref="PetalsException">They do not fit.</exception>
    public static (StepInputs Inputs, float[] OutputGradients) ReadBackward(
        IReadOnlyList<TensorMessage> tensors, IReadOnlyList<int>? arguments, BlockRange range, SpanShape shape)
    {
        IReadOnlyList<TensorMessage> ordered = Order(tensors, arguments, 3);
        StepInputs inputs = Read(ordered[0], ordered[2], range, shape);
        return ordered[1].Shape.SequenceEqual(ordered[0].Shape)
            ? (inputs, TensorCodec.Decode(ordered[1]).ToSingles())
            : throw new PetalsException("RuntimeError", $"grad_outputs have shape [{string.Join(", ", ordered[1].Shape)}], the inputs [{string.Join(", ", ordered[0].Shape)}]");
    }

    private static IReadOnlyList<TensorMessage> Order(IReadOnlyList<TensorMessage> tensors, IReadOnlyList<int>? arguments, int count)
    {
        int given = arguments?.Count ?? tensors.Count;
        if (given < count || tensors.Count < count)
        {
            throw PetalsException.TooFewTensors(count, Math.Min(given, tensors.Count));
        }

        return arguments is null ? tensors
            : arguments.All(i => i < tensors.Count) ? [.. arguments.Select(i => tensors[i])]
            : throw new PetalsException("IndexError", $"args_structure names tensor {arguments.Max()} of {tensors.Count}");
    }

    private static StepInputs Read(TensorMessage hidden, TensorMessage prompts, BlockRange range, SpanShape shape)
    {
        if (hidden.Shape.Count != 3)
        {
            throw new PetalsException("AssertionError", $"hidden states must be [batch, tokens, hidden], got {hidden.Shape.Count} dimensions");
        }

        (int batch, int rows) = (hidden.Shape[0], hidden.Shape[1]);
        if (batch < 1)
        {
            throw new PetalsException("ValueError", "a batch needs at least one sequence");
        }

        if (hidden.Shape[2] != shape.BoundarySize)
        {
            throw PetalsException.SizeMismatch(shape.BoundarySize, hidden.Shape[2], 2);
        }

        if ((long)batch * Math.Max(1, rows) > shape.MaxBatchTokens) // sequences without new tokens take memory as well
        {
            throw new PetalsException("ValueError", $"Task size greater than max_batch_size ({shape.MaxBatchTokens}), it can't be processed");
        }

        if (prompts.IsDummy)
        {
            return new StepInputs(TensorCodec.Decode(hidden).ToSingles(), batch, rows, [], 0);
        }

        CheckPrompts(prompts.Shape, batch, rows, range, shape);
        WireArray array = TensorCodec.Decode(prompts);
        float[] values = WireArray.FromSingles(array.ToSingles(), array.Shape, shape.Type).ToSingles(); // as the server's own type has them
        return new StepInputs(TensorCodec.Decode(hidden).ToSingles(), batch, rows, values, prompts.Shape[2]);
    }

    private static void CheckPrompts(IReadOnlyList<int> prompts, int batch, int rows, BlockRange range, SpanShape shape)
    {
        if (prompts.Count != 4)
        {
            throw new PetalsException("ValueError", $"prompts must be [blocks, batch, tokens, hidden], got {prompts.Count} dimensions");
        }

        if (prompts[0] != range.Count)
        {
            throw new PetalsException("ValueError", $"Received {prompts[0]} prompts for {range.Count} backends");
        }

        if (prompts[1] != 1 && prompts[1] != batch)
        {
            throw PetalsException.SizeMismatch(batch, prompts[1], 0);
        }

        if (prompts[2] > rows)
        {
            throw PetalsException.SizeMismatch(rows, prompts[2], 1);
        }

        if (prompts[3] != shape.BoundarySize)
        {
            throw PetalsException.SizeMismatch(shape.BoundarySize, prompts[3], 2);
        }
    }

    private static int[]? ReadHypotheses(TensorMessage tensor, int batch)
    {
        WireArray array = TensorCodec.Decode(tensor);
        if (array.Type != ElementType.I64)
        {
            throw new PetalsException("AssertionError", $"hypo ids must be int64, got torch.{DataTypes.NameOf(array.Type)}");
        }

        if (array.Count == 0)
        {
            return null;
        }

        if (array.Count != batch)
        {
            throw new PetalsException("ValueError", $"{array.Count} hypo ids for {batch} sequences");
        }

        return [.. array.ToInt64s().Select(id => id >= 0 && id < batch
            ? (int)id
            : throw new PetalsException("IndexError", $"index {id} is out of bounds for dimension 0 with size {batch}"))];
    }
}
