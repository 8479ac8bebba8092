using System.Diagnostics;
using Whorl.Client;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace SwarmBench;

/// <summary>What one more server adds to a token besides its computing: a span that gives back what it gets, over loopback, with the usual width of a 1B model.</summary>
internal static class TokenCost
{
    private const int HiddenSize = 2048, WarmUp = 500, Tokens = 4000;

    public static async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await using Libp2pHost server = await Loopback.StartAsync();
        await using Libp2pHost client = await Loopback.StartAsync();
        server.Handle(SpanWire.ProtocolId, EchoAsync);
        RemoteSpan span = await RemoteSpan.ConnectAsync(client, Loopback.AddressOf(server), "echo", TimeProvider.System, cancellationToken);
        await using IBlockSession session = await span.OpenAsync(new BlockSessionOptions(span.Range, WarmUp + Tokens, 0), cancellationToken);
        BlockStep step = new() { Rows = 1, Input = new float[HiddenSize], Output = new float[HiddenSize] };
        double[] micros = new double[Tokens];
        for (int i = -WarmUp; i < Tokens; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await session.StepAsync(step, cancellationToken);
            if (i >= 0)
            {
                micros[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
        }

        Array.Sort(micros);
        Console.WriteLine($"one more stage, hidden size {HiddenSize}: {micros[Tokens / 2]:F0} us a token (median), {micros[Tokens * 9 / 10]:F0} us (90 %)");
    }

    /// <summary>The server's side of the protocol without a model.</summary>
    private static async Task EchoAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        SpanConnection connection = new(stream);
        float[] row = new float[HiddenSize];
        while (await connection.ReceiveRequestAsync(cancellationToken) is { } request)
        {
            switch (request)
            {
                case SpanRequest.Describe:
                    await connection.SendAsync(new SpanReply.Description(0, 0, HiddenSize, "echo", 0, 0), default, cancellationToken);
                    break;
                case SpanRequest.Step step:
                    await connection.ReceivePayloadAsync(row, cancellationToken);
                    await connection.SendAsync(new SpanReply.Result(step.Number, TimeSpan.Zero), row, cancellationToken);
                    break;
                default:
                    await connection.SendAsync(new SpanReply.Opened(), default, cancellationToken);
                    break;
            }
        }
    }
}
