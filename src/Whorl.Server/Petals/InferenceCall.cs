using Whorl.Models;
using Whorl.P2P.Rpc;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;

namespace Whorl.Server.Petals;

/// <summary>rpc_inference: one stream is a session of a batch of sequences on a chain of blocks.</summary>
/// <param name="context">The server.</param>
/// <param name="inbox">Where other servers push steps of the sessions.</param>
/// <param name="pusher">Hands steps on.</param>
internal sealed class InferenceCall(PetalsContext context, PushInbox inbox, StepPusher pusher)
{
    /// <summary>Serves a session until the client ends it.</summary>
    /// <exception cref="PetalsException">The client's request cannot be met.</exception>
    public async Task ServeAsync(RpcServerCall call, CancellationToken cancellationToken)
    {
        ExpertRequest? first = await new StepSource(call, null, context.Options.StepTimeout, context.Time).NextAsync(cancellationToken);
        if (first is null)
        {
            return;
        }

        BlockRange range = context.Uids.Resolve(first.Uid);
        RequestMetadata metadata = RequestMetadata.Parse(first.Metadata.Span);
        PetalsContext.CheckAdapter(metadata);
        int maxLength = CheckLength(metadata);
        if (first.Tensors.Count == 0)
        {
            throw PetalsException.TooFewTensors(3, 0); // an answer: a Python client would wait for minutes if the stream only closed
        }

        StepInputs inputs = StepInputs.ReadStep(first.Tensors, metadata.Arguments, range, context.Shape);
        SessionBatch batch = await context.Memory.OpenAsync(range, inputs.Batch, maxLength, Patience(metadata), cancellationToken);
        try
        {
            if (metadata.SessionId is not { } id)
            {
                StepSource steps = new(call, null, context.Options.StepTimeout, context.Time);
                await AnswerAllAsync(call, steps, first, batch, range, maxLength, cancellationToken);
                return;
            }

            StepSource withPushes = new(call, inbox.Open(id), context.Options.StepTimeout, context.Time);
            try
            {
                await AnswerAllAsync(call, withPushes, first, batch, range, maxLength, cancellationToken);
            }
            finally
            {
                inbox.Close(id);
            }
        }
        finally
        {
            await context.Memory.CloseAsync(batch);
        }
    }

    private int CheckLength(RequestMetadata metadata)
    {
        int length = metadata.MaxLength ?? throw new PetalsException("AssertionError", "rpc_inference metadata must contain int max_length, got None");
        return length <= context.Options.MaxInferenceLength
            ? length
            : throw new PetalsException("ValueError", $"Cannot allocate KV cache for {length} tokens, max = {context.Options.MaxInferenceLength}");
    }

    private TimeSpan Patience(RequestMetadata metadata) =>
        TimeSpan.FromSeconds(Math.Clamp(metadata.AllocationTimeout ?? 0, 0, context.Options.MaxAllocationTimeout.TotalSeconds));

    private async Task AnswerAllAsync(
        RpcServerCall call, StepSource steps, ExpertRequest first, SessionBatch batch, BlockRange range, int maxLength, CancellationToken cancellationToken)
    {
        IReadOnlyList<int>? arguments = RequestMetadata.Parse(first.Metadata.Span).Arguments; // of the first message, as all that is the session's
        StepIds answered = new();
        for (ExpertRequest? request = first; request is { Tensors.Count: > 0 }; request = await steps.NextAsync(cancellationToken))
        {
            RequestMetadata metadata = RequestMetadata.Parse(request.Metadata.Span);
            if (answered.Add(metadata.StepId))
            {
                StepInputs inputs = StepInputs.ReadStep(request.Tensors, arguments, range, context.Shape);
                Prepare(batch, inputs, metadata.StartFromPosition, maxLength);
                float[] output = await batch.StepAsync(inputs, cancellationToken);
                TensorMessage answer = context.Encode(output, [inputs.Batch, inputs.Rows, context.Shape.BoundarySize], context.Options.Compression);
                if (!inputs.HasPrompts && metadata.NextServers is { Count: > 0 })
                {
                    pusher.Begin(answer, request, metadata);
                }

                await call.SendAsync(new ExpertResponse([answer]).ToBytes(), cancellationToken);
            }
        }
    }

    /// <summary>Brings the batch's memory to where the step goes on.</summary>
    private static void Prepare(SessionBatch batch, StepInputs inputs, int? start, int maxLength)
    {
        if (inputs.Batch != batch.Count)
        {
            throw PetalsException.SizeMismatch(batch.Count, inputs.Batch, 0);
        }

        int prefix = start ?? batch.Length;
        if (prefix > batch.Length)
        {
            throw new PetalsException("AssertionError", $"start_from_position {prefix} lies behind the session's {batch.Length} tokens");
        }

        if (prefix + inputs.Rows > maxLength)
        {
            throw new PetalsException(
                "ValueError", $"Maximum length exceeded: prefix {prefix} + current {inputs.Rows} exceeds pre-allocated maximum {maxLength}");
        }

        batch.Truncate(prefix);
        if (inputs is { Rows: > 0, Hypotheses: { } hypotheses })
        {
            batch.Reorder(hypotheses);
        }
    }
}
