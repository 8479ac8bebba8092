using Whorl.MsgPack;
using Whorl.Protocol.Messages;

namespace Whorl.Protocol.Metadata;

/// <summary>
/// The metadata map of an <see cref="ExpertRequest"/>. A property that is null is absent on the wire, or was absent or nil there. The
/// session's own (<see cref="MaxLength"/>, <see cref="Points"/>, <see cref="ActiveAdapter"/>, <see cref="SessionId"/>, <see
/// cref="AllocationTimeout"/>) count only in the first message of a session, the others in every one.
/// </summary>
public sealed record RequestMetadata
{
    private const int MaxIdLength = 256;
    private const int MaxNextServers = 1024;

    /// <summary>The id of this server's session; each hop has its own. Petals uses the text of a random UUID.</summary>
    public string? SessionId { get; init; }

    /// <summary>The id of the step, the same for all hops: a server answers each step once.</summary>
    public string? StepId { get; init; }

    /// <summary>Tokens to reserve key-value memory for, prompt included; 0 or more.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Priority points; Petals always sends 0.</summary>
    public double? Points { get; init; }

    /// <summary>The adapter to run with; null or empty for none.</summary>
    public string? ActiveAdapter { get; init; }

    /// <summary>
    /// The length that the server cuts its session to before the step; 0 or more. Petals 2.2.0 neither sends nor heeds it.
    /// </summary>
    public int? StartFromPosition { get; init; }

    /// <summary>The hops after this one, for server-to-server push.</summary>
    public IReadOnlyList<NextServer>? NextServers { get; init; }

    /// <summary>For each positional argument the index of its tensor in the message; null for the message's own order.</summary>
    public IReadOnlyList<int>? Arguments { get; init; }

    /// <summary>The compression that the client asks for, one for each tensor of the answer; not heeded in rpc_inference.</summary>
    public IReadOnlyList<TensorCompression>? OutputCompression { get; init; }

    /// <summary>Seconds to wait for key-value memory; null as 0: fail at once.</summary>
    public double? AllocationTimeout { get; init; }

    /// <summary>Whether another server pushed this request.</summary>
    public bool Pushed { get; init; }

    /// <summary>Reads a map. Keys that are not known are passed over.</summary>
    /// <param name="bytes">The map, or nothing for no metadata at all.</param>
    /// <exception cref="WireFormatException">Not a map, or a known key has a value of the wrong type or beyond its range.</exception>
    public static RequestMetadata Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return new RequestMetadata();
        }

        var fields = new MapFields(MsgPackReader.ReadMap(bytes, "request metadata"), "request metadata");
        return new RequestMetadata
        {
            SessionId = fields.String("session_id", MaxIdLength),
            StepId = fields.String("step_id", MaxIdLength),
            MaxLength = fields.Int32("max_length"),
            Points = fields.Number("points"),
            ActiveAdapter = fields.String("active_adapter", MaxIdLength),
            StartFromPosition = fields.Int32("start_from_position"),
            NextServers = fields.Sequence("next_servers", MaxNextServers, ReadNextServer),
            Arguments = ArgumentStructure.Read(fields.Value("args_structure")),
            OutputCompression = fields.Sequence("output_compression", MessageLimits.MaxTensors, ReadCompression),
            AllocationTimeout = fields.Number("alloc_timeout"),
            Pushed = fields.Boolean("pushed") ?? false,
        };
    }

    /// <summary>The map's bytes, its keys in the order in which Petals' HEAD client has them.</summary>
    public byte[] ToBytes() => MsgPackWriter.Write(new MsgPackMap()
        .AddUnlessNull("session_id", SessionId)
        .AddUnlessNull("step_id", StepId)
        .AddUnlessNull("max_length", MaxLength)
        .AddUnlessNull("points", Points)
        .AddUnlessNull("active_adapter", ActiveAdapter)
        .AddUnlessNull("alloc_timeout", AllocationTimeout)
        .AddUnlessNull(
            "output_compression", OutputCompression is null ? null : new MsgPackTuple([.. OutputCompression.Select(c => (object)(int)c)]))
        .AddUnlessNull("args_structure", Arguments is null ? null : ArgumentStructure.Write(Arguments))
        .AddUnlessNull("start_from_position", StartFromPosition)
        .AddUnlessNull("next_servers", NextServers?.Select(WriteNextServer).ToList())
        .AddUnlessNull("pushed", Pushed ? true : null));

    private static NextServer ReadNextServer(object? value)
    {
        if (MapFields.Items(value) is not [string peer, string session, long start, long end]
            || start is < 0 or > int.MaxValue || end < start || end > int.MaxValue)
        {
            throw new WireFormatException("next_servers: an entry is not (peer id, session id, start, end)");
        }

        return new NextServer(peer, session, (int)start, (int)end);
    }

    private static object? WriteNextServer(NextServer server) => MsgPackTuple.Of(server.PeerId, server.SessionId, server.Start, server.End);

    private static TensorCompression ReadCompression(object? value) =>
        value is long number and >= 0 and <= (long)TensorCompression.Blockwise8Bit
            ? (TensorCompression)number
            : throw new WireFormatException("output_compression: an unknown compression");
}
