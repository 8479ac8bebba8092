using Whorl.P2P;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Testing.Petals;

namespace Whorl.Client.Tests.Petals;

/// <summary>A recorded Python server: it answers with the recorded bytes, if what it is asked is what it was asked then.</summary>
internal sealed class RecordedServer
{
    private readonly TranscriptCall _inference;

    public RecordedServer(IPeerHost host, TranscriptCall info, TranscriptCall inference)
    {
        _inference = inference;
        RpcServer server = new(host, TimeProvider.System);
        server.HandleUnary(info.Method, (_, _, _) => new(info.Responses.First()));
        server.HandleStream(inference.Method, AnswerAsync);
    }

    /// <summary>Steps answered.</summary>
    public int Steps { get; private set; }

    /// <summary>Whether the client ended its session as Petals' clients do.</summary>
    public bool WasEnded { get; private set; }

    /// <summary>What was wrong with a request.</summary>
    public string? Complaint { get; private set; }

    private async Task AnswerAsync(RpcServerCall call, CancellationToken cancellationToken)
    {
        byte[][] requests = [.. _inference.Requests], responses = [.. _inference.Responses];
        while (await call.ReceiveAsync(cancellationToken) is { } message)
        {
            ExpertRequest own = ExpertRequest.Parse(message.Span);
            if (own.Tensors.Count == 0)
            {
                WasEnded = true;
                return;
            }

            ExpertRequest recorded = ExpertRequest.Parse(requests[Steps]);
            Complaint ??= Compare(recorded, own);
            await call.SendAsync(responses[Steps++], cancellationToken);
        }
    }

    private static string? Compare(ExpertRequest recorded, ExpertRequest own)
    {
        if (recorded.Uid != own.Uid || own.Tensors.Count != recorded.Tensors.Count)
        {
            return $"{own.Uid} with {own.Tensors.Count} tensors, not {recorded.Uid} with {recorded.Tensors.Count}";
        }

        for (int i = 0; i < own.Tensors.Count; i++)
        {
            WireArray ours = TensorCodec.Decode(own.Tensors[i]), theirs = TensorCodec.Decode(recorded.Tensors[i]);
            double difference = ours.Count == 0 ? 0 : ours.ToSingles().Zip(theirs.ToSingles(), (a, b) => Math.Abs((double)a - b)).Max();
            double tolerance = ours.Type == Tensors.ElementType.BF16 ? 1.0 / 256 : 2e-5; // relative to values of about 1
            if (!ours.Shape.SequenceEqual(theirs.Shape) || difference > tolerance)
            {
                return $"tensor {i}: [{string.Join(", ", ours.Shape)}], {difference:e2} from [{string.Join(", ", theirs.Shape)}]";
            }
        }

        return null;
    }
}
