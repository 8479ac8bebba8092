using Whorl.Models;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;

namespace Whorl.Server.Petals;

/// <summary>rpc_forward and rpc_backward, whether their tensors came at once or in parts.</summary>
/// <param name="context">The server.</param>
internal sealed class ForwardCall(PetalsContext context)
{
    /// <summary>Tokens computed at once where sequences are short: bounds the memory that a pass takes.</summary>
    private const int TokensAtOnce = 1024;

    /// <summary>Passes hidden states through blocks.</summary>
    /// <returns>What leaves the last block, compressed as the client asks.</returns>
    /// <exception cref="PetalsException">The request cannot be met.</exception>
    public async Task<TensorMessage> ForwardAsync(RpcContext caller, ExpertRequest request, CancellationToken cancellationToken)
    {
        PeerAccount account = context.Span.Memory.Visit(caller.Caller, caller.Host);
        long taken = 0;
        try
        {
            taken = await context.TakeAsync(account, request.Tensors, cancellationToken);
            return await ForwardAsync(account, request, cancellationToken);
        }
        finally
        {
            context.Span.Memory.GiveStep(account, taken);
            context.Span.Memory.Depart(account);
        }
    }

    private async Task<TensorMessage> ForwardAsync(PeerAccount account, ExpertRequest request, CancellationToken cancellationToken)
    {
        BlockRange range = context.Uids.Resolve(request.Uid);
        RequestMetadata metadata = RequestMetadata.Parse(request.Metadata.Span);
        PetalsContext.CheckAdapter(metadata);
        StepInputs inputs = StepInputs.ReadForward(request.Tensors, metadata.Arguments, range, context.Shape);
        TensorCompression compression = OutputCompression(metadata, 1);
        float[] output = new float[inputs.Hidden.Length];
        int length = inputs.Rows * context.Shape.BoundarySize, together = Math.Max(1, TokensAtOnce / Math.Max(1, inputs.Rows));
        for (int first = 0; first < inputs.Batch && length > 0; first += together)
        {
            StepInputs part = Part(inputs, range, first, Math.Min(together, inputs.Batch - first));
            SessionBatch batch = await context.Memory.OpenAsync(account, range, part.Batch, part.Rows, context.Options.RequestTimeout, cancellationToken);
            try
            {
                float[] result = await batch.StepAsync(part, isBatch: true, cancellationToken);
                result.CopyTo(output, first * length);
            }
            finally
            {
                await context.Memory.CloseAsync(batch);
            }
        }

        return context.Encode(output, [inputs.Batch, inputs.Rows, context.Shape.BoundarySize], compression);
    }

    /// <summary>Checks a request for gradients, and refuses it: they are not computed here.</summary>
    /// <exception cref="PetalsException">Always.</exception>
    public TensorMessage Backward(ExpertRequest request)
    {
        BlockRange range = context.Uids.Resolve(request.Uid);
        RequestMetadata metadata = RequestMetadata.Parse(request.Metadata.Span);
        PetalsContext.CheckAdapter(metadata);
        (StepInputs inputs, _) = StepInputs.ReadBackward(request.Tensors, metadata.Arguments, range, context.Shape);
        OutputCompression(metadata, inputs.HasPrompts ? 2 : 1);
        throw new PetalsException("NotImplementedError", "this server does not compute gradients; choose another one for training");
    }

    private TensorCompression OutputCompression(RequestMetadata metadata, int tensors) => metadata.OutputCompression switch
    {
        null => context.Options.Compression,
        { } asked when asked.Count == tensors => asked[0],
        _ => throw new PetalsException("AssertionError", $"output_compression tuple should have {tensors} element{(tensors == 1 ? "" : "s")}"),
    };

    /// <summary>Some of the sequences.</summary>
    private StepInputs Part(StepInputs inputs, BlockRange range, int first, int count)
    {
        if (count == inputs.Batch)
        {
            return inputs;
        }

        int length = inputs.Rows * context.Shape.BoundarySize, promptLength = inputs.PromptRows * context.Shape.BoundarySize;
        float[] hidden = inputs.Hidden.AsSpan(first * length, count * length).ToArray(), prompts = inputs.Prompts;
        if (inputs.Prompts.Length > range.Count * promptLength)
        {
            prompts = new float[range.Count * count * promptLength];
            for (int block = 0; block < range.Count; block++)
            {
                inputs.Prompts.AsSpan(((block * inputs.Batch) + first) * promptLength, count * promptLength).CopyTo(prompts.AsSpan(block * count * promptLength));
            }
        }

        return new StepInputs(hidden, count, inputs.Rows, prompts, inputs.PromptRows);
    }
}
