using Whorl.Models;

namespace Whorl.Client;

/// <summary>A session through a chain of spans: each one's output is the next one's input.</summary>
/// <param name="links">The sessions, and how many blocks each computes.</param>
/// <param name="boundarySize">Width of a row.</param>
internal sealed class ChainSession(IReadOnlyList<(IBlockSession Session, int Blocks)> links, int boundarySize) : IBlockSession
{
    private readonly BlockStep _step = new();
    private float[] _even = [];
    private float[] _odd = [];

    public IReadOnlyList<BlockHolder> Holders { get; } = [.. links.SelectMany(l => l.Session.Holders)];

    public async ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        int length = step.Rows * boundarySize, done = 0;
        (_step.Rows, _step.EveryBlock, _step.Input) = (step.Rows, step.EveryBlock, step.Input);
        (_step.HasVerdict, _step.Keep, _step.IsScratch, _step.Parents) = (step.HasVerdict, step.Keep, step.IsScratch, step.Parents);
        for (int i = 0; i < links.Count; i++)
        {
            (IBlockSession session, int blocks) = links[i];
            _step.Output = step.EveryBlock ? step.Output.Slice(done * length, blocks * length)
                : i == links.Count - 1 ? step.Output
                : Between(i, length);
            await session.StepAsync(_step, cancellationToken);
            _step.Input = _step.Output[^length..];
            done += blocks;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((IBlockSession session, _) in links)
        {
            await session.DisposeAsync();
        }
    }

    private Memory<float> Between(int link, int length)
    {
        ref float[] buffer = ref link % 2 == 0 ? ref _even : ref _odd;
        buffer = buffer.Length >= length ? buffer : GC.AllocateUninitializedArray<float>(length);
        return buffer.AsMemory(0, length);
    }
}
