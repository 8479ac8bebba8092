using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;

namespace Whorl.Server.Petals;

/// <summary>rpc_inference: one stream is a session of a batch of sequences on a chain of blocks.</summary>
/// <param name="context">The server.</param>
/// <param name="inbox">Where other servers push steps of the sessions.</param>
/// <param name="pusher">Hands steps on.</param>
/// <param name="log">Told of sessions.</param>
internal sealed class InferenceCall(PetalsContext context, PushInbox inbox, StepPusher pusher, ILogger log)
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

        PeerAccount account = context.Span.Memory.Visit(call.Context.Caller, call.Context.Host);
        try
        {
            int sequences = await ReadBatchAsync(account, first, metadata, range, cancellationToken);
            SessionBatch batch = await context.Memory.OpenAsync(account, range, sequences, maxLength, Patience(metadata), cancellationToken);
            using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, batch.Evicted);
            batch.UsePrefixes();
            context.Span.Memory.Add(batch);
            string peer = Log.Name(call.Context.Caller);
            long opened = context.Time.GetTimestamp();
            Log.PetalsSessionOpened(log, peer, range, sequences, maxLength);
            try
            {
                await ServeAsync(call, first, metadata, batch, range, maxLength, ends.Token);
            }
            catch (OperationCanceledException) when (batch.Evicted.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw SessionBatch.GivenUp();
            }
            finally
            {
                context.Span.Memory.Remove(batch);
                int tokens = batch.Length;
                await context.Memory.CloseAsync(batch);
                Log.PetalsSessionClosed(log, peer, tokens, context.Time.GetElapsedTime(opened).TotalSeconds);
            }
        }
        finally
        {
            context.Span.Memory.Depart(account);
        }
    }

    /// <summary>The number of sequences that the first step has, once all of it is checked.</summary>
    private async ValueTask<int> ReadBatchAsync(PeerAccount account, ExpertRequest first, RequestMetadata metadata, BlockRange range, CancellationToken cancellationToken)
    {
        long taken = await context.TakeAsync(account, first.Tensors, cancellationToken);
        try
        {
            return StepInputs.ReadStep(first.Tensors, metadata.Arguments, range, context.Shape).Batch;
        }
        finally
        {
            context.Span.Memory.GiveStep(account, taken);
        }
    }

    private async Task ServeAsync(
        RpcServerCall call, ExpertRequest first, RequestMetadata metadata, SessionBatch batch, BlockRange range, int maxLength, CancellationToken cancellationToken)
    {
        if (metadata.SessionId is not { } id)
        {
            StepSource steps = new(call, null, context.Options.StepTimeout, context.Time);
            await AnswerAllAsync(call, steps, first, batch, range, maxLength, cancellationToken);
            return;
        }

        StepSource withPushes = new(call, inbox.Open(id, batch.Account), context.Options.StepTimeout, context.Time);
        try
        {
            await AnswerAllAsync(call, withPushes, first, batch, range, maxLength, cancellationToken);
        }
        finally
        {
            inbox.Close(id);
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
                batch.BeginUse();
                long taken = await context.TakeAsync(batch.Account, request.Tensors, cancellationToken);
                try
                {
                    StepInputs inputs = StepInputs.ReadStep(request.Tensors, arguments, range, context.Shape);
                    Prepare(batch, inputs, metadata.StartFromPosition, maxLength);
                    float[] output = await batch.StepAsync(inputs, isBatch: false, cancellationToken);
                    TensorMessage answer = context.Encode(output, [inputs.Batch, inputs.Rows, context.Shape.BoundarySize], context.Options.Compression);
                    if (!inputs.HasPrompts && metadata.NextServers is { Count: > 0 })
                    {
                        pusher.Begin(answer, request, metadata);
                    }

                    await call.SendAsync(new ExpertResponse([answer]).ToBytes(), cancellationToken);
                }
                finally
                {
                    context.Span.Memory.GiveStep(batch.Account, taken);
                    batch.EndUse();
                }
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
