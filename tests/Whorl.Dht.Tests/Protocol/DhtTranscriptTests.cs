using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Testing;
using Whorl.Testing.Petals;

namespace Whorl.Dht.Tests.Protocol;

/// <summary>
/// A node of ours is asked everything that a recorded hivemind node was asked, at the recorded times, and must answer the same.
/// </summary>
public sealed class DhtTranscriptTests
{
    public static TheoryData<string> Recordings => new(Transcript.All);

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Every_store_and_find_at_the_bootstrap_node_is_answered_as_recorded(string recording)
    {
        Transcript transcript = Transcript.Load(recording);
        string boot = transcript.Calls.First(call => call.Method == DhtProtocol.PingMethod).Callee;
        ManualTimeProvider clock = new();
        IPeerHost host = new InMemoryNetwork().AddHost(PeerId.Parse(boot));
        await using BackgroundTasks background = new(64, NullLogger.Instance);
        DhtProtocol protocol = new(new RpcClient(host, clock), BootId(transcript, boot), new DhtOptions(), background, NullLogger.Instance);
        int stores = 0;
        int finds = 0;

        // Stores and finds happen at the callee somewhere between request and answer: the answer's time is what orders them.
        foreach (TranscriptCall call in transcript.Calls.Where(call => call.Callee == boot && !call.IsStream).OrderBy(AnsweredAt))
        {
            clock.Advance(DateTimeOffset.UnixEpoch.AddSeconds(transcript.StartUnix).AddMilliseconds(AnsweredAt(call)) - clock.GetUtcNow());
            if (call.Responses.FirstOrDefault() is not { } recorded)
            {
                continue;
            }

            PeerId caller = PeerId.Parse(call.Caller);
            if (call.Method == DhtProtocol.StoreMethod)
            {
                StoreResponse answer = protocol.Answer(StoreRequest.Parse(call.Requests.First()), new RpcContext(caller, call.Method));
                Assert.Equal(StoreResponse.Parse(recorded).Stored, answer.Stored);
                stores++;
            }
            else if (call.Method == DhtProtocol.FindMethod)
            {
                FindResponse expected = FindResponse.Parse(recorded);
                FindResponse answer = protocol.Answer(FindRequest.Parse(call.Requests.First()), caller);
                Assert.Equal(expected.Results.Count, answer.Results.Count);
                Assert.All(expected.Results.Zip(answer.Results), pair => AssertSame(pair.First, pair.Second));
                finds++;
            }
        }

        Assert.True(stores > 5 && finds > 5, $"{stores} stores, {finds} finds");
    }

    private static double AnsweredAt(TranscriptCall call) =>
        call.Milliseconds + call.Events.LastOrDefault(e => e.IsResponse)?.Milliseconds ?? 0;

    private static DhtId BootId(Transcript transcript, string boot) => transcript.Calls
        .Where(call => call.Callee == boot && call.Method == DhtProtocol.PingMethod)
        .SelectMany(call => call.Responses)
        .Select(response => PingResponse.Parse(response).Sender)
        .First(id => id is not null)!.Value;

    private static void AssertSame(FindResult expected, FindResult actual)
    {
        Assert.Equal(expected.Value is null, actual.Value is null);
        Assert.Equal(expected.IsDictionary, actual.IsDictionary);
        Assert.Equal(expected.Expiration, actual.Expiration);
        if (expected.IsDictionary)
        {
            IReadOnlyDictionary<DhtSubkey, DhtItem> theirs = DictionaryValue.Parse(default, expected.Value!.Value.Span, () => 0).Items;
            IReadOnlyDictionary<DhtSubkey, DhtItem> ours = DictionaryValue.Parse(default, actual.Value!.Value.Span, () => 0).Items;
            Assert.Equal(theirs.Keys.Select(key => key.ToString()).Order(), ours.Keys.Select(key => key.ToString()).Order());
            Assert.All(theirs, item => Assert.Equal(item.Value.Value.ToArray(), ours[item.Key].Value.ToArray()));
        }
        else
        {
            Assert.Equal(expected.Value?.ToArray(), actual.Value?.ToArray());
        }
    }
}
