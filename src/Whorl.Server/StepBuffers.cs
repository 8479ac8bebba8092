using Whorl.Models;

namespace Whorl.Server;

/// <summary>A served session's memory for the step under way, and the answer to the last one, kept in case it is asked for again.</summary>
internal sealed class StepBuffers
{
    private float[] _input = [];
    private float[] _output = [];

    /// <summary>The step under way or the last one.</summary>
    public BlockStep Step { get; } = new();

    /// <summary>Number of the last step that was computed; 0 before the first.</summary>
    public long LastNumber { get; set; }

    public Memory<float> Input(int length) => Take(ref _input, length);

    public Memory<float> Output(int length) => Take(ref _output, length);

    private static Memory<float> Take(ref float[] buffer, int length)
    {
        buffer = buffer.Length >= length ? buffer : GC.AllocateUninitializedArray<float>(length);
        return buffer.AsMemory(0, length);
    }
}
