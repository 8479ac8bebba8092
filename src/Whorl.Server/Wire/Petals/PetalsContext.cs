using Whorl.Models;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Tensors;

namespace Whorl.Server.Petals;

/// <summary>What all calls to a server share.</summary>
/// <param name="Span">The blocks.</param>
/// <param name="Uids">Their names.</param>
/// <param name="Shape">What requests must fit.</param>
/// <param name="Memory">Memory for sessions.</param>
/// <param name="Options">How the server behaves.</param>
/// <param name="Time">The clock.</param>
internal sealed record PetalsContext(HostedSpan Span, BlockUids Uids, SpanShape Shape, CacheMemory Memory, PetalsServerOptions Options, TimeProvider Time)
{
    /// <summary>Refuses adapters, of which there are none.</summary>
    /// <exception cref="PetalsException">One was asked for.</exception>
    public static void CheckAdapter(RequestMetadata metadata)
    {
        if (!string.IsNullOrEmpty(metadata.ActiveAdapter))
        {
            throw new PetalsException("KeyError", $"adapter {metadata.ActiveAdapter} not found");
        }
    }

    /// <summary>Takes memory for a request's tensors in full length, what is computed of them, and the answer; more than a peer may hold is taken alone.</summary>
    /// <returns>Bytes to give back.</returns>
    /// <exception cref="PetalsException">There is no memory.</exception>
    public async ValueTask<long> TakeAsync(PeerAccount account, IReadOnlyList<TensorMessage> tensors, CancellationToken cancellationToken)
    {
        double values = 0;
        foreach (TensorMessage tensor in tensors)
        {
            values += tensor.Shape.Aggregate(1.0, (product, dimension) => product * dimension);
        }

        long bytes = (long)Math.Min(3 * sizeof(float) * values, Math.Min(Span.Limits.PeerStepBytes, Span.Limits.StepBytes));
        try
        {
            await Span.Memory.TakeStepAsync(account, bytes, cancellationToken);
            return bytes;
        }
        catch (MemoryBudgetException e)
        {
            throw new PetalsException("AllocationFailed", e.Message);
        }
    }

    /// <summary>Hidden states as an answer carries them.</summary>
    public TensorMessage Encode(ReadOnlySpan<float> hidden, IReadOnlyList<int> shape, TensorCompression compression)
    {
        try
        {
            return TensorCodec.Encode(WireArray.FromSingles(hidden, shape, Shape.Type), hidden.IsEmpty ? TensorCompression.None : compression);
        }
        catch (NotSupportedException e)
        {
            throw new PetalsException("ValueError", $"the answer cannot be compressed as asked: {e.Message}");
        }
    }
}
