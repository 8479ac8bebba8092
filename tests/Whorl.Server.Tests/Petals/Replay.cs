using Whorl.P2P;
using Whorl.Protocol.Info;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Testing.Petals;

namespace Whorl.Server.Tests.Petals;

/// <summary>
/// Sends a recorded client's messages to servers, byte for byte and in the recorded order over all calls, and compares what comes back.
/// </summary>
/// <param name="client">Who calls.</param>
/// <param name="tolerance">Of exact answers, relative to the largest value of the answer.</param>
/// <param name="rollsBack">Whether the recorded servers heed start_from_position; where not, a call that goes back is left there.</param>
internal sealed class Replay(IPeerHost client, double tolerance, bool rollsBack)
{
    private const string HandlerError = "P2PHandlerError: ";

    private readonly RpcClient _client = new(client, TimeProvider.System);
    private readonly Dictionary<TranscriptCall, RpcCall> _streams = [];
    private readonly Dictionary<TranscriptCall, Task<ReadOnlyMemory<byte>>> _unary = [];
    private readonly Dictionary<TranscriptCall, int> _positions = [];
    private readonly HashSet<TranscriptCall> _left = [];
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    /// <summary>Answers compared, by method.</summary>
    public Dictionary<string, int> Answers { get; } = [];

    /// <summary>Recorded answers that were not asked for: behind a message that the recording does not hold, or that goes back.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Calls for gradients, which these servers refuse where the recorded ones answered.</summary>
    public HashSet<TranscriptCall> Refused { get; } = [];

    /// <summary>Errors that came where the recording has one: scenario, recorded text, own text.</summary>
    public List<(string Scenario, string Recorded, string Own)> Errors { get; } = [];

    /// <summary>The largest difference between exact answers, relative to the answer's largest value.</summary>
    public double Largest { get; private set; }

    public async Task RunAsync(IReadOnlyList<TranscriptCall> calls)
    {
        foreach (TranscriptCall call in calls.Where(c => c.Events.Any(e => e.Kind is "request" or "response" && e.Message is null)))
        {
            _left.Add(call);
        }

        var events = calls
            .SelectMany(call => call.Events.Select(e => (Call: call, Event: e)))
            .OrderBy(x => x.Call.Milliseconds + x.Event.Milliseconds);
        foreach ((TranscriptCall call, TranscriptEvent e) in events)
        {
            if (!rollsBack && GoesBack(call, e))
            {
                _left.Add(call);
                await _streams[call].DisposeAsync();
            }

            if (Refused.Contains(call))
            {
                continue;
            }

            if (_left.Contains(call))
            {
                LeftOut += e.IsResponse ? 1 : 0;
            }
            else
            {
                await (call.IsStream ? StreamAsync(call, e) : UnaryAsync(call, e));
            }
        }
    }

    private async Task UnaryAsync(TranscriptCall call, TranscriptEvent e)
    {
        switch (e.Kind)
        {
            case "request":
                _unary[call] = _client.CallAsync(PeerId.Parse(call.Callee), call.Method, e.Message, TimeSpan.FromMinutes(2), _limit);
                break;
            case "response" when AsksForGradients(call):
                Refuse(call, "NotImplementedError('", await Assert.ThrowsAnyAsync<RpcErrorException>(() => _unary[call]));
                break;
            case "response":
                Compare(call, e.Message!, await _unary[call]);
                break;
            case "error":
                CountError(call, e.Text!, await Assert.ThrowsAnyAsync<RpcErrorException>(() => _unary[call]));
                break;
        }
    }

    private async Task StreamAsync(TranscriptCall call, TranscriptEvent e)
    {
        switch (e.Kind)
        {
            case "open":
                _streams[call] = await _client.OpenAsync(PeerId.Parse(call.Callee), call.Method, TimeSpan.FromMinutes(2), _limit);
                break;
            case "request":
                await _streams[call].SendAsync(e.Message, _limit);
                break;
            case "response" when AsksForGradients(call):
                Refuse(call, "", await Assert.ThrowsAnyAsync<RpcErrorException>(async () => await _streams[call].ReceiveAsync(_limit)));
                await _streams[call].DisposeAsync();
                break;
            case "response":
                ReadOnlyMemory<byte>? answer = await _streams[call].ReceiveAsync(_limit);
                Assert.True(answer is not null, $"{call}: the server ended the call");
                Compare(call, e.Message!, answer.Value);
                break;
            case "end_of_requests":
                await _streams[call].CompleteAsync(_limit);
                break;
            case "eof":
                Assert.Null(await _streams[call].ReceiveAsync(_limit));
                break;
            case "error":
                if (e.Text!.StartsWith(HandlerError, StringComparison.Ordinal))
                {
                    CountError(call, e.Text, await Assert.ThrowsAnyAsync<RpcErrorException>(async () => await _streams[call].ReceiveAsync(_limit)));
                }

                await _streams[call].DisposeAsync(); // else the recorded client gave up by itself
                break;
        }
    }

    private static bool AsksForGradients(TranscriptCall call) => call.Method.Contains("backward", StringComparison.Ordinal);

    private void Refuse(TranscriptCall call, string before, RpcErrorException own)
    {
        Assert.StartsWith(before + "this server does not compute gradients", own.Message, StringComparison.Ordinal);
        Refused.Add(call);
    }

    private bool GoesBack(TranscriptCall call, TranscriptEvent e)
    {
        if (!e.IsRequest || !call.Method.EndsWith("rpc_inference", StringComparison.Ordinal))
        {
            return false;
        }

        ExpertRequest request = ExpertRequest.Parse(e.Message);
        int position = _positions.GetValueOrDefault(call);
        int? start = call.Scenario == "start_from_position" ? RequestMetadata.Parse(request.Metadata.Span).StartFromPosition : null;
        _positions[call] = position + (request.Tensors.Count == 0 ? 0 : request.Tensors[0].Shape[1]);
        return start < position;
    }

    private void CountError(TranscriptCall call, string recorded, RpcErrorException own)
    {
        recorded = recorded[HandlerError.Length..];
        int at = call.IsStream ? recorded.IndexOf(call.Callee + ": ", StringComparison.Ordinal) + call.Callee.Length + 2 : 0;
        Errors.Add((call.Scenario, recorded[at..], own.Message));
    }

    private void Compare(TranscriptCall call, byte[] recorded, ReadOnlyMemory<byte> own)
    {
        string method = call.Method[(call.Method.IndexOf('.', StringComparison.Ordinal) + 1)..];
        if (method == "rpc_info")
        {
            CompareInfo(recorded, own);
        }
        else
        {
            IReadOnlyList<TensorMessage> expected = ExpertResponse.Parse(recorded).Tensors, actual = ExpertResponse.Parse(own.Span).Tensors;
            Assert.Equal(expected.Count, actual.Count);
            for (int i = 0; i < expected.Count; i++)
            {
                CompareTensors(call, expected[i], actual[i]);
            }
        }

        Answers[method] = Answers.GetValueOrDefault(method) + 1;
    }

    private static void CompareInfo(byte[] recorded, ReadOnlyMemory<byte> own)
    {
        byte[] expected = ExpertInfo.Parse(recorded).SerializedInfo.ToArray(), actual = ExpertInfo.Parse(own.Span).SerializedInfo.ToArray();
        RpcInfo theirs = RpcInfo.Parse(expected), ours = RpcInfo.Parse(actual);

        // All bytes but those of two values that are this server's own.
        Assert.Equal(expected, (ours with { Version = theirs.Version, CacheTokensAvailable = theirs.CacheTokensAvailable }).ToBytes());
    }

    private void CompareTensors(TranscriptCall call, TensorMessage expected, TensorMessage actual)
    {
        Assert.Equal(expected with { Buffer = default, Shape = [] }, actual with { Buffer = default, Shape = [] });
        Assert.Equal(expected.Shape, actual.Shape);
        float[] theirs = TensorCodec.Decode(expected).ToSingles(), ours = TensorCodec.Decode(actual).ToSingles();
        double scale = theirs.Length == 0 ? 1 : theirs.Max(x => (double)Math.Abs(x)), difference = 0;
        for (int i = 0; i < theirs.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs((double)theirs[i] - ours[i]) / scale);
        }

        if (expected.Compression == TensorCompression.None)
        {
            Largest = Math.Max(Largest, difference);
        }

        double allowed = expected.Compression switch
        {
            TensorCompression.None => tolerance,
            TensorCompression.Float16 or TensorCompression.MeanStd16Bit => 1.0 / 512, // a value may round the other way
            _ => 1.0 / 16, // or fall into the next of 256 buckets
        };
        Assert.True(difference <= allowed, $"{call} at {call.Milliseconds} ms: {difference:e3} [{string.Join(", ", expected.Shape)}] {expected.Compression}");
    }
}
