using Whorl.MsgPack;
using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>
/// A server's announcement, stored under each block that it serves. On the wire the msgpack tuple (state, throughput, map); Petals' readers
/// are strict: rates are floats, indices integers.
/// </summary>
public sealed record ServerInfo
{
    private const string What = "server info";
    private const int MaxNameLength = 512;
    private const int MaxAdapters = 1024;
    private const int MaxPings = 1024;

    /// <summary>Whether it serves.</summary>
    public required ServerState State { get; init; }

    /// <summary>What it adds to each of its blocks, in tokens per second; finite, not below 0.</summary>
    public required double Throughput { get; init; }

    /// <summary>Its first block; null where it does not say.</summary>
    public int? StartBlock { get; init; }

    /// <summary>The block after its last.</summary>
    public int? EndBlock { get; init; }

    /// <summary>A name to show.</summary>
    public string? PublicName { get; init; }

    /// <summary>Its software's version.</summary>
    public string? Version { get; init; }

    /// <summary>Hidden states that its network carries, per second.</summary>
    public double? NetworkRps { get; init; }

    /// <summary>Tokens per second and block, forward.</summary>
    public double? ForwardRps { get; init; }

    /// <summary>Tokens per second and block, one at a time with a cache.</summary>
    public double? InferenceRps { get; init; }

    /// <summary>The adapters that it can run with.</summary>
    /// <value>none</value>
    public IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>The type that it computes in: bfloat16, float16 or float32.</summary>
    public string? TorchDtype { get; init; }

    /// <summary>How its weights are quantised: none, int8 or nf4.</summary>
    public string? QuantType { get; init; }

    /// <summary>Whether it is reached through a relay.</summary>
    public bool? UsingRelay { get; init; }

    /// <summary>Tokens that its cache has room for, keys and values counted apart, summed over its blocks.</summary>
    public long? CacheTokensLeft { get; init; }

    /// <summary>Seconds of a round trip to possible next servers, by base58 peer id; infinite where one did not answer.</summary>
    public IReadOnlyDictionary<string, double>? NextPings { get; init; }

    /// <summary>Reads a value of a block's record. Keys that are not known are passed over.</summary>
    /// <exception cref="WireFormatException">Not such a value, or a field of the wrong type or beyond its range.</exception>
    public static ServerInfo Parse(ReadOnlySpan<byte> bytes)
    {
        if (MapFields.Items(MsgPackReader.Read(bytes)) is not { Count: >= 2 } items
            || items[0] is not (long and >= 0 and <= (long)ServerState.Online and var state)
            || items[1] is not (double and >= 0 and < double.PositiveInfinity and var throughput)
            || (items.Count > 2 && items[2] is not MsgPackMap))
        {
            throw new WireFormatException($"{What} is not (state, throughput as a float, map)");
        }

        var fields = new MapFields(items.Count > 2 ? (MsgPackMap)items[2]! : new MsgPackMap(), What);
        return new ServerInfo
        {
            State = (ServerState)(long)state,
            Throughput = (double)throughput,
            StartBlock = fields.Int32("start_block"),
            EndBlock = fields.Int32("end_block"),
            PublicName = Name(fields.String("public_name", MaxNameLength)),
            Version = Name(fields.String("version", MaxNameLength)),
            NetworkRps = fields.StrictFloat("network_rps"),
            ForwardRps = fields.StrictFloat("forward_rps"),
            InferenceRps = fields.StrictFloat("inference_rps"),
            Adapters = fields.Sequence("adapters", MaxAdapters, ReadName) ?? [],
            TorchDtype = Name(fields.String("torch_dtype", MaxNameLength)),
            QuantType = Name(fields.String("quant_type", MaxNameLength)),
            UsingRelay = fields.Boolean("using_relay"),
            CacheTokensLeft = fields.Int64("cache_tokens_left"),
            NextPings = ReadPings(fields.Value("next_pings")),
        };
    }

    /// <summary>The value's bytes, every key present and in Petals' order.</summary>
    public byte[] ToBytes()
    {
        MsgPackMap? pings = NextPings?.Aggregate(new MsgPackMap(), (map, ping) => map.Add(ping.Key, ping.Value));
        return MsgPackWriter.Write(MsgPackTuple.Of((int)State, Throughput, new MsgPackMap()
            .Add("start_block", StartBlock)
            .Add("end_block", EndBlock)
            .Add("public_name", PublicName)
            .Add("version", Version)
            .Add("network_rps", NetworkRps)
            .Add("forward_rps", ForwardRps)
            .Add("inference_rps", InferenceRps)
            .Add("adapters", new MsgPackTuple([.. Adapters]))
            .Add("torch_dtype", TorchDtype)
            .Add("quant_type", QuantType)
            .Add("using_relay", UsingRelay)
            .Add("cache_tokens_left", CacheTokensLeft)
            .Add("next_pings", pings)));
    }

    private static string? Name(string? text) => text is null ? null : PeerText.Clean(text);

    private static string ReadName(object? value) => value is string { Length: <= MaxNameLength } name
        ? PeerText.Clean(name, MaxNameLength)
        : throw new WireFormatException($"{What}: an adapter's name is not a short string");

    private static Dictionary<string, double>? ReadPings(object? value)
    {
        if (value is null)
        {
            return null;
        }

        if (value is not MsgPackMap { Entries.Count: <= MaxPings } map)
        {
            throw new WireFormatException($"{What}: 'next_pings' is not a map of at most {MaxPings}");
        }

        var pings = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach ((object key, object? ping) in map.Entries)
        {
            if (key is not string peer || ping is not (double and >= 0 and var seconds))
            {
                throw new WireFormatException($"{What}: a ping is not a float, 0 or more, under a peer's name");
            }

            pings[peer] = (double)seconds;
        }

        return pings;
    }
}
