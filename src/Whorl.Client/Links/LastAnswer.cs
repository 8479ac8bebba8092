using Whorl.Models;

namespace Whorl.Client.Links;

/// <summary>
/// A session's last step and its answer: the same values, bit for bit, to other tokens are an old answer or none. The tokens themselves are a part of
/// what leaves any block.
/// </summary>
internal sealed class LastAnswer
{
    private const int MostRows = 8; // chunks of prompts are not kept for it

    private float[] _input = [];
    private float[] _output = [];

    /// <summary>Refuses the last answer once more.</summary>
    /// <exception cref="BadAnswerException">It is.</exception>
    public void RequireNew(string server, BlockRange range, BlockStep step)
    {
        if (step.Rows is 0 or > MostRows)
        {
            return;
        }

        ReadOnlySpan<float> input = step.Input.Span, output = step.Output.Span;
        if (output.SequenceEqual(_output) && !input.SequenceEqual(_input))
        {
            throw new BadAnswerException(server, range, "the last step's values to other tokens");
        }

        Keep(input, ref _input);
        Keep(output, ref _output);
    }

    private static void Keep(ReadOnlySpan<float> values, ref float[] into)
    {
        into = into.Length == values.Length ? into : new float[values.Length];
        values.CopyTo(into);
    }
}
