using Whorl.Models;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Tensors;
using Whorl.Testing.Petals;

namespace Whorl.Server.Tests.Petals;

/// <summary>Requests for gradients are checked as forward passes are; what is wrong with them is told before that nobody computes them here.</summary>
public class BackwardTests
{
    private const string Backward = "TransformerConnectionHandler.rpc_backward";

    [Fact]
    public async Task A_bad_request_for_gradients_gets_the_error_that_the_same_forward_pass_got()
    {
        TranscriptCall[] forward =
        [
            .. Transcript.Load("v2.2.0").Of("forward_errors").Where(c => c.Error is not null && c.Requests.Any() && !c.Scenario.EndsWith("not a map", StringComparison.Ordinal)),
        ];
        await using ReplaySwarm swarm = Server();

        Assert.Equal(4, forward.Length);
        foreach (TranscriptCall call in forward)
        {
            string error = await ErrorAsync(swarm, WithGradients(ExpertRequest.Parse(call.Requests.Single())));
            string recorded = call.Error!["P2PHandlerError: ".Length..].Replace("expected at least 2", "expected at least 3", StringComparison.Ordinal);
            Assert.Equal(recorded, error);
        }
    }

    [Fact]
    public async Task As_many_tokens_as_a_forward_pass_was_refused_for_are_too_many()
    {
        TranscriptCall tooLong = Transcript.Load("v2.2.0").Of("forward_errors/9000 tokens").Single(); // the request itself is not recorded
        await using ReplaySwarm swarm = Server();
        ExpertRequest request = Request(Zeros(1, 9000, 64));

        Assert.Equal(tooLong.Error, "P2PHandlerError: " + await ErrorAsync(swarm, request));
        Assert.Equal(tooLong.Error, "P2PHandlerError: " + await ErrorAsync(swarm, request with { Tensors = [request.Tensors[0], NoPrompts()] }, forward: true));
    }

    [Fact]
    public async Task Gradients_that_do_not_fit_the_inputs_and_compressions_that_do_not_fit_the_answer_are_named()
    {
        await using ReplaySwarm swarm = Server();
        TensorMessage hidden = Zeros(2, 3, 64), prompts = Zeros(2, 2, 1, 64);
        ExpertRequest good = Request(hidden);

        Assert.Contains("does not compute gradients", await ErrorAsync(swarm, good), StringComparison.Ordinal);
        Assert.Contains("grad_outputs have shape [2, 2, 64]", await ErrorAsync(swarm, good with { Tensors = [hidden, Zeros(2, 2, 64), NoPrompts()] }), StringComparison.Ordinal);
        RequestMetadata one = new() { OutputCompression = [TensorCompression.Float16] };
        Assert.Contains("does not compute gradients", await ErrorAsync(swarm, good with { Metadata = one.ToBytes() }), StringComparison.Ordinal);
        Assert.Equal(
            "AssertionError('output_compression tuple should have 2 elements')",
            await ErrorAsync(swarm, good with { Tensors = [hidden, hidden, prompts], Metadata = one.ToBytes() }));
        Assert.Contains("request metadata", await ErrorAsync(swarm, good with { Metadata = new byte[] { 0x90 } }), StringComparison.Ordinal);
    }

    private static ReplaySwarm Server()
    {
        ReplaySwarm swarm = new(ReplaySwarm.ModelPath("tiny-llama"));
        swarm.Add(ReplaySwarm.ServerA, new BlockRange(0, 1));
        return swarm;
    }

    /// <summary>What a caller is told, of a unary call and of a stream of whole tensors alike.</summary>
    private static async Task<string> ErrorAsync(ReplaySwarm swarm, ExpertRequest request, bool forward = false)
    {
        RpcClient client = new(swarm.Client, TimeProvider.System);
        string method = forward ? Backward.Replace("backward", "forward", StringComparison.Ordinal) : Backward;
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        RpcErrorException unary = await Assert.ThrowsAsync<RpcErrorException>(
            () => client.CallAsync(ReplaySwarm.ServerA, method, request.ToBytes(), TimeSpan.FromMinutes(1), limit.Token));
        await using RpcCall call = await client.OpenAsync(ReplaySwarm.ServerA, method + "_stream", TimeSpan.FromMinutes(1), limit.Token);
        await call.SendAsync(request.ToBytes(), limit.Token);
        await call.CompleteAsync(limit.Token);
        RpcErrorException streamed = await Assert.ThrowsAsync<RpcErrorException>(async () => await call.ReceiveAsync(limit.Token));
        Assert.Contains(WithoutQuotes(streamed), WithoutQuotes(unary), StringComparison.Ordinal);
        return unary.Message;
    }

    private static string WithoutQuotes(RpcErrorException error) => new([.. error.Message.Where(c => c is not ('\'' or '"' or '\\'))]);

    /// <summary>A recorded forward pass as the backward pass of the same tensors.</summary>
    private static ExpertRequest WithGradients(ExpertRequest forward)
    {
        RequestMetadata metadata = RequestMetadata.Parse(forward.Metadata.Span);
        List<TensorMessage> tensors = [.. forward.Tensors];
        tensors.Insert(1, tensors[0]);
        if (forward.Tensors.Count == 1)
        {
            tensors.RemoveAt(1);
        }

        return forward with { Tensors = tensors, Metadata = (metadata with { Arguments = [.. Enumerable.Range(0, tensors.Count)] }).ToBytes() };
    }

    private static ExpertRequest Request(TensorMessage hidden) => new(
        ModuleUid.Chain(ReplaySwarm.Prefix, 0, 2), [hidden, hidden, NoPrompts()], new RequestMetadata().ToBytes());

    private static TensorMessage NoPrompts() => Zeros(0);

    private static TensorMessage Zeros(params int[] shape) => TensorCodec.Encode(WireArray.FromSingles(new float[shape.Aggregate(1, (a, b) => a * b)], shape, ElementType.F16));
}
