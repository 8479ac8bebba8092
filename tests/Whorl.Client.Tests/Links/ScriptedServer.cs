using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Tensors;

namespace Whorl.Client.Tests.Links;

/// <summary>A server of <c>/whorl/span/1</c> that holds three blocks, each of which adds one to rows of four values, until a test has it do something else.</summary>
internal sealed class ScriptedServer
{
    public const int Width = 4;

    public static readonly BlockRange Range = new(3, 5);

    public static readonly SpanContract Contract = new("weights", ActivationFormat.F32, BoundaryFormat.F32)
    {
        Blocks = new Dictionary<int, UInt128> { [3] = 30, [4] = 40, [5] = 50 },
    };

    private int _describes;

    public ScriptedServer(IPeerHost host, SpanFeatures features = SpanFeatures.None)
    {
        Features = features;
        host.Handle(SpanWire.ProtocolId, ServeAsync);
    }

    /// <summary>What happens to a request instead of the honest answer; true where it was dealt with.</summary>
    public Func<SpanRequest, ScriptedStream, Task<bool>> Script { get; set; } = (_, _) => Task.FromResult(false);

    public SpanFeatures Features { get; }

    /// <summary>How often it was asked what it holds.</summary>
    public int Describes => Volatile.Read(ref _describes);

    public List<SpanRequest.Step> Steps { get; } = [];

    /// <summary>The honest answer to a step.</summary>
    public static float[] Compute(float[] input) => [.. input.Select(v => v + Range.Count)];

    private async Task ServeAsync(PeerStream stream, CancellationToken token)
    {
        SpanConnection connection = new(stream);
        while (await connection.ReceiveRequestAsync(token) is { } request)
        {
            float[] input = new float[connection.PayloadLength];
            await connection.ReceivePayloadAsync(input, token);
            ScriptedStream here = new(stream, connection, input, token);
            if (request is SpanRequest.Describe)
            {
                Interlocked.Increment(ref _describes);
            }

            if (await Script(request, here))
            {
                continue;
            }

            await (request switch
            {
                SpanRequest.Describe => here.SendAsync(new SpanReply.Description(Range.First, Range.Last, Width, Contract.Text) { Features = Features }),
                SpanRequest.Open open => here.SendAsync(new SpanReply.Opened(open.SessionId is null ? TimeSpan.Zero : TimeSpan.FromMinutes(1))),
                SpanRequest.Attach attach => here.SendAsync(new SpanReply.Attached(Steps.Count, TimeSpan.FromMinutes(1))),
                SpanRequest.Step step => StepAsync(step, here),
                _ => throw new InvalidOperationException(),
            });
        }
    }

    private Task StepAsync(SpanRequest.Step step, ScriptedStream stream)
    {
        Steps.Add(step);
        return stream.SendAsync(new SpanReply.Result(step.Number, TimeSpan.Zero), Compute(stream.Input));
    }
}

/// <summary>A stream to a client, and the values of the request that came last.</summary>
internal sealed record ScriptedStream(PeerStream Stream, SpanConnection Connection, float[] Input, CancellationToken Token)
{
    public async Task SendAsync(SpanReply reply, params float[] payload) => await Connection.SendAsync(reply, payload, Token);

    public async Task<bool> AnswerAsync(SpanReply reply, params float[] payload)
    {
        await SendAsync(reply, payload);
        return true;
    }

    /// <summary>Never answers.</summary>
    public Task<bool> HangAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Token).ContinueWith(_ => true, TaskScheduler.Default);
}
