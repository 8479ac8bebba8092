using Whorl.Models;

namespace Whorl.Client.Sessions;

/// <summary>A step's part for one link after the other: each one's output is the next one's input. Reusable; allocates nothing once its buffers have grown.</summary>
/// <param name="boundarySize">Width of a row.</param>
internal sealed class StepCarrier(int boundarySize)
{
    private readonly BlockStep _step = new();
    private BlockStep _whole = new();
    private float[] _even = [];
    private float[] _odd = [];
    private bool _isOdd;
    private int _done; // blocks

    /// <summary>The part of the link whose turn it is.</summary>
    public BlockStep Step => _step;

    /// <summary>Begins with a step.</summary>
    public void Begin(BlockStep whole)
    {
        (_whole, _done) = (whole, 0);
        _step.Shape = whole.Shape;
        _step.Input = whole.Input;
    }

    /// <summary>Prepares the part of the next link.</summary>
    /// <param name="blocks">How many blocks it computes.</param>
    /// <param name="isLast">Whether none follows.</param>
    public void Prepare(int blocks, bool isLast)
    {
        int length = _whole.Rows * boundarySize, prompts = _whole.PromptRows * boundarySize;
        _step.Output = _whole.EveryBlock ? _whole.Output.Slice(_done * length, blocks * length) : isLast ? _whole.Output : Between(length);
        _step.Prompts = prompts > 0 ? _whole.Prompts.Slice(_done * prompts, blocks * prompts) : default;
    }

    /// <summary>The link has taken its part.</summary>
    public void Accept(int blocks)
    {
        int length = _whole.Rows * boundarySize;
        _step.Input = length > 0 ? _step.Output[^length..] : default;
        _done += blocks;
        _isOdd = !_isOdd;
    }

    private Memory<float> Between(int length)
    {
        ref float[] buffer = ref _isOdd ? ref _odd : ref _even;
        buffer = buffer.Length >= length ? buffer : GC.AllocateUninitializedArray<float>(length);
        return buffer.AsMemory(0, length);
    }
}
