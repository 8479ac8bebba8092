using Whorl.P2P;
using Whorl.Protocol.Info;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Tensors;

namespace Whorl.Client.Tests.Petals;

/// <summary>A Petals server whose blocks add one to rows of four values, until a test has it answer something else.</summary>
internal sealed class ScriptedPetalsServer
{
    public const int Width = 4;

    public ScriptedPetalsServer(IPeerHost host, TimeProvider time)
    {
        RpcServer server = new(host, time);
        RpcInfo info = new RpcInfo { Version = "2.3.0" }.WithSchemas(Width, ElementType.F32);
        server.HandleUnary("TransformerConnectionHandler.rpc_info", (_, _, _) => new(new ExpertInfo(info.ToBytes()).ToBytes()));
        server.HandleStream("TransformerConnectionHandler.rpc_inference", AnswerAsync);
    }

    /// <summary>What is answered to the hidden states of a step: messages, one an answer; the honest one where it is null.</summary>
    public Func<float[], byte[][]>? Script { get; set; }

    /// <summary>An answer.</summary>
    public static byte[] Answer(float[] values, params int[] shape) => new ExpertResponse([TensorCodec.Encode(WireArray.FromSingles(values, shape, ElementType.F32))]).ToBytes();

    public static float[] Compute(float[] input) => [.. input.Select(v => v + 1)];

    private async Task AnswerAsync(RpcServerCall call, CancellationToken cancellationToken)
    {
        while (await call.ReceiveAsync(cancellationToken) is { } message)
        {
            ExpertRequest request = ExpertRequest.Parse(message.Span);
            if (request.Tensors.Count == 0)
            {
                return;
            }

            float[] input = TensorCodec.Decode(request.Tensors[0]).ToSingles();
            foreach (byte[] answer in Script?.Invoke(input) ?? [Answer(Compute(input), 1, input.Length / Width, Width)])
            {
                await call.SendAsync(answer, cancellationToken);
            }
        }
    }
}
