using Whorl.Client.Sessions;
using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>
/// Computes what had entered a lost link with those that take its place: committed tokens in chunks, then the open scratch tokens step by step.
/// Reusable, one at a time.
/// </summary>
/// <param name="boundarySize">Width of a row.</param>
internal sealed class Replay(int boundarySize)
{
    /// <summary>Tokens that are computed at once.</summary>
    private const int Chunk = 512;

    private readonly StepCarrier _carrier = new(boundarySize);
    private readonly BlockStep _step = new();
    private float[] _input = [];
    private float[] _output = [];

    /// <summary>Computes it.</summary>
    /// <param name="parts">In the order of their blocks; the first has the lost link's log, the others' are filled here.</param>
    /// <param name="log">What had entered.</param>
    /// <param name="asking">Told who is asked next.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many tokens.</returns>
    public async Task<int> RunAsync(SessionPart[] parts, BoundaryLog log, Action<SessionPart> asking, CancellationToken cancellationToken)
    {
        for (int at = 0; at < log.Committed; at += _step.Rows)
        {
            int length = log.Describe(at, Chunk, _step) * boundarySize;
            _input = _input.Length >= length ? _input : GC.AllocateUninitializedArray<float>(length);
            log.Read(at, _input.AsSpan(0, length));
            _step.Input = _input.AsMemory(0, length);
            await StepAsync(parts, asking, cancellationToken);
        }

        for (int i = 0; i < log.ScratchSteps; i++)
        {
            log.DescribeScratch(i, _step);
            await StepAsync(parts, asking, cancellationToken);
        }

        (_input, _output) = ([], []); // a session is seldom replaced, and long chunks are much
        return log.Committed + log.Scratch;
    }

    private async ValueTask StepAsync(SessionPart[] parts, Action<SessionPart> asking, CancellationToken cancellationToken)
    {
        int length = _step.Rows * boundarySize;
        _output = _output.Length >= length ? _output : GC.AllocateUninitializedArray<float>(length);
        _step.Output = _output.AsMemory(0, length);
        _carrier.Begin(_step);
        for (int i = 0; i < parts.Length; i++)
        {
            asking(parts[i]);
            _carrier.Prepare(parts[i].Range.Count, isLast: i == parts.Length - 1);
            await parts[i].Session.StepAsync(_carrier.Step, cancellationToken);
            if (i > 0)
            {
                parts[i].Accept(_carrier.Step);
            }

            _carrier.Accept(parts[i].Range.Count);
        }
    }
}
