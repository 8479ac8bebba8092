using System.Buffers.Binary;
using Google.Protobuf;
using Whorl.P2P;
using Whorl.Protocol.Wire.Span;

namespace Whorl.Protocol;

/// <summary>Headers of <c>/whorl/span/1</c>: to bytes and back. Every field is checked before it is used.</summary>
public static class SpanWire
{
    /// <summary>The protocol's id.</summary>
    public const string ProtocolId = "/whorl/span/1";

    /// <summary>The largest header in bytes.</summary>
    public const int MaxHeaderBytes = 65_536;

    /// <summary>The largest payload in bytes.</summary>
    public const int MaxPayloadBytes = 1 << 30;

    /// <summary>The most rows of one step.</summary>
    public const int MaxRows = 8192;

    /// <summary>The longest contract in characters.</summary>
    public const int MaxContractLength = 49_152;

    /// <summary>The longest scope of prefixes in bytes.</summary>
    public const int MaxScopeBytes = 32;

    /// <summary>The most addresses of a server that another one is to send outputs to.</summary>
    public const int MaxAddresses = 8;

    private const int SessionIdBytes = 16;
    private const long MaxAhead = 1L << 40;

    /// <summary>The largest number of a block, a length in tokens, a width.</summary>
    public const int MaxCount = 1 << 24;

    /// <summary>A request's header.</summary>
    internal static IMessage ToMessage(SpanRequest request) => request switch
    {
        SpanRequest.Describe => new Wire.Span.SpanRequest { Describe = new Describe() },
        SpanRequest.Open open => new Wire.Span.SpanRequest
        {
            Open = new Open
            {
                FirstBlock = (uint)open.FirstBlock,
                LastBlock = (uint)open.LastBlock,
                MaxLength = (uint)open.MaxLength,
                MaxScratch = (uint)open.MaxScratch,
                Contract = open.Contract,
                SessionId = open.SessionId is { } id ? Bytes(id) : ByteString.Empty,
                PrefixScope = ByteString.CopyFrom(open.PrefixScope.Span),
                HeedsMoved = open.HeedsMoved,
            },
        },
        SpanRequest.Attach attach => new Wire.Span.SpanRequest { Attach = new Attach { SessionId = Bytes(attach.SessionId), LastNumber = (ulong)attach.LastNumber } },
        SpanRequest.Accept accept => new Wire.Span.SpanRequest { Accept = new Accept { Ticket = Bytes(accept.Ticket), Peer = Bytes(accept.Peer) } },
        SpanRequest.Forward forward => new Wire.Span.SpanRequest
        {
            Forward = new Forward
            {
                Ticket = Bytes(forward.Ticket),
                Peer = Bytes(forward.Peer),
                Addresses = { forward.Addresses.Take(MaxAddresses).Select(address => ByteString.CopyFrom(address.Bytes.Span)) },
                Ahead = forward.Ahead,
            },
        },
        SpanRequest.Feed feed => new Wire.Span.SpanRequest { Feed = new Feed { Ticket = Bytes(feed.Ticket) } },
        SpanRequest.HandOver given => new Wire.Span.SpanRequest
        {
            HandOver = new HandOver
            {
                Owner = Bytes(given.Owner),
                SessionId = Bytes(given.SessionId),
                FirstBlock = (uint)given.FirstBlock,
                LastBlock = (uint)given.LastBlock,
                MaxLength = (uint)given.MaxLength,
                MaxScratch = (uint)given.MaxScratch,
                Contract = given.Contract,
                LastNumber = (ulong)given.LastNumber,
                Committed = (uint)given.Committed,
            },
        },
        SpanRequest.State => new Wire.Span.SpanRequest { State = new State() },
        SpanRequest.Drain => new Wire.Span.SpanRequest { Drain = new Drain() },
        SpanRequest.Step step => new Wire.Span.SpanRequest { Step = StepMessage(step) },
        _ => throw new ArgumentException($"no message for {request.GetType().Name}", nameof(request)),
    };

    /// <summary>A reply's header.</summary>
    internal static IMessage ToMessage(SpanReply reply) => reply switch
    {
        SpanReply.Description d => new Wire.Span.SpanReply
        {
            Description = new Description
            {
                FirstBlock = (uint)d.FirstBlock,
                LastBlock = (uint)d.LastBlock,
                BoundarySize = (uint)d.BoundarySize,
                Contract = d.Contract,
                Features = (ulong)d.Features,
            },
        },
        SpanReply.Opened opened => new Wire.Span.SpanReply { Opened = new Opened { LeaseMilliseconds = Milliseconds(opened.Lease) } },
        SpanReply.Attached attached => new Wire.Span.SpanReply
        {
            Attached = new Attached { LastNumber = (ulong)attached.LastNumber, LeaseMilliseconds = Milliseconds(attached.Lease) },
        },
        SpanReply.Result r => new Wire.Span.SpanReply
        {
            Result = new Result
            {
                Number = (ulong)r.Number,
                ComputingNanoseconds = Nanoseconds(r.Computing),
                QueuedNanoseconds = Nanoseconds(r.Queued),
                FoundRows = (uint)r.FoundRows,
                Pushed = r.IsPushed,
            },
        },
        SpanReply.Linked => new Wire.Span.SpanReply { Linked = new Linked() },
        SpanReply.Moved moved => new Wire.Span.SpanReply
        {
            Moved = new Moved
            {
                Peer = moved.Peer is { } peer ? Bytes(peer) : ByteString.Empty,
                SessionId = moved.SessionId is { } session ? Bytes(session) : ByteString.Empty,
            },
        },
        SpanReply.Failure f => new Wire.Span.SpanReply { Failure = new Failure { Code = (Failure.Types.Code)f.Code, Message = f.Message } },
        _ => throw new ArgumentException($"no message for {reply.GetType().Name}", nameof(reply)),
    };

    /// <summary>Reads a request's header.</summary>
    /// <exception cref="WireFormatException">It is none, or a field is out of range.</exception>
    public static SpanRequest ParseRequest(ReadOnlySpan<byte> header)
    {
        Wire.Span.SpanRequest message = Parse(Wire.Span.SpanRequest.Parser, header);
        switch (message.RequestCase)
        {
            case Wire.Span.SpanRequest.RequestOneofCase.Describe:
                return new SpanRequest.Describe();
            case Wire.Span.SpanRequest.RequestOneofCase.Open:
                Open open = message.Open;
                int first = Count(open.FirstBlock, "first_block"), last = Count(open.LastBlock, "last_block");
                return first <= last
                    ? new SpanRequest.Open(first, last, Count(open.MaxLength, "max_length"), Count(open.MaxScratch, "max_scratch"), Contract(open.Contract))
                    {
                        SessionId = open.SessionId.IsEmpty ? null : SessionId(open.SessionId),
                        PrefixScope = Scope(open.PrefixScope),
                        HeedsMoved = open.HeedsMoved,
                    }
                    : throw new WireFormatException($"blocks {first}..{last} are no range");
            case Wire.Span.SpanRequest.RequestOneofCase.Step:
                return ParseStep(message.Step);
            case Wire.Span.SpanRequest.RequestOneofCase.Attach:
                return new SpanRequest.Attach(SessionId(message.Attach.SessionId), Number(message.Attach.LastNumber));
            case Wire.Span.SpanRequest.RequestOneofCase.Accept:
                return new SpanRequest.Accept(SessionId(message.Accept.Ticket), Peer(message.Accept.Peer));
            case Wire.Span.SpanRequest.RequestOneofCase.Forward:
                Forward forward = message.Forward;
                return forward.Addresses.Count <= MaxAddresses && forward.Ahead is > -MaxAhead and < MaxAhead
                    ? new SpanRequest.Forward(SessionId(forward.Ticket), Peer(forward.Peer), [.. forward.Addresses.Select(Address)], forward.Ahead)
                    : throw new WireFormatException($"{forward.Addresses.Count} addresses, numbers higher by {forward.Ahead}; at most {MaxAddresses} and {MaxAhead}");
            case Wire.Span.SpanRequest.RequestOneofCase.Feed:
                return new SpanRequest.Feed(SessionId(message.Feed.Ticket));
            case Wire.Span.SpanRequest.RequestOneofCase.HandOver:
                return ParseHandOver(message.HandOver);
            case Wire.Span.SpanRequest.RequestOneofCase.State:
                return new SpanRequest.State();
            case Wire.Span.SpanRequest.RequestOneofCase.Drain:
                return new SpanRequest.Drain();
            default:
                throw new WireFormatException("the request is of no known kind");
        }
    }

    /// <summary>Reads a reply's header.</summary>
    /// <exception cref="WireFormatException">It is none, or a field is out of range.</exception>
    public static SpanReply ParseReply(ReadOnlySpan<byte> header)
    {
        Wire.Span.SpanReply message = Parse(Wire.Span.SpanReply.Parser, header);
        switch (message.ReplyCase)
        {
            case Wire.Span.SpanReply.ReplyOneofCase.Description:
                Description d = message.Description;
                int first = Count(d.FirstBlock, "first_block"), last = Count(d.LastBlock, "last_block");
                return first <= last
                    ? new SpanReply.Description(first, last, Count(d.BoundarySize, "boundary_size"), Contract(d.Contract))
                    {
                        Features = (SpanFeatures)d.Features,
                    }
                    : throw new WireFormatException($"blocks {first}..{last} are no range");
            case Wire.Span.SpanReply.ReplyOneofCase.Opened:
                return new SpanReply.Opened(TimeSpan.FromMilliseconds(message.Opened.LeaseMilliseconds));
            case Wire.Span.SpanReply.ReplyOneofCase.Attached:
                return new SpanReply.Attached(Number(message.Attached.LastNumber), TimeSpan.FromMilliseconds(message.Attached.LeaseMilliseconds));
            case Wire.Span.SpanReply.ReplyOneofCase.Result:
                return new SpanReply.Result(Number(message.Result.Number), Time(message.Result.ComputingNanoseconds), Time(message.Result.QueuedNanoseconds))
                {
                    FoundRows = Count(message.Result.FoundRows, "found_rows"),
                    IsPushed = message.Result.Pushed,
                };
            case Wire.Span.SpanReply.ReplyOneofCase.Linked:
                return new SpanReply.Linked();
            case Wire.Span.SpanReply.ReplyOneofCase.Moved:
                return message.Moved.Peer.IsEmpty
                    ? new SpanReply.Moved(null, null)
                    : new SpanReply.Moved(Peer(message.Moved.Peer), SessionId(message.Moved.SessionId));
            case Wire.Span.SpanReply.ReplyOneofCase.Failure:
                return new SpanReply.Failure(Enum.IsDefined((SpanFailureCode)message.Failure.Code) ? (SpanFailureCode)message.Failure.Code : SpanFailureCode.Unknown, message.Failure.Message);
            default:
                throw new WireFormatException("the reply is of no known kind");
        }
    }

    /// <summary>Reads the two lengths that begin a frame.</summary>
    /// <param name="prefix">8 bytes.</param>
    /// <exception cref="WireFormatException">One is above its limit.</exception>
    public static (int Header, int Payload) ParsePrefix(ReadOnlySpan<byte> prefix)
    {
        uint header = BinaryPrimitives.ReadUInt32LittleEndian(prefix), payload = BinaryPrimitives.ReadUInt32LittleEndian(prefix[4..]);
        return header <= MaxHeaderBytes && payload <= MaxPayloadBytes && payload % 4 == 0
            ? ((int)header, (int)payload)
            : throw new WireFormatException($"a frame of {header} + {payload} bytes; at most {MaxHeaderBytes} + {MaxPayloadBytes}, the payload in whole floats");
    }

    private static Step StepMessage(SpanRequest.Step step)
    {
        Step message = new() { Number = (ulong)step.Number, Rows = (uint)step.Rows, EveryBlock = step.EveryBlock, HasVerdict = step.HasVerdict, IsScratch = step.IsScratch, Push = step.Push };
        if (step.Position is { } position)
        {
            message.Position = (uint)position;
        }

        Fill(message.Keep, step.Keep);
        Fill(message.Parents, step.Parents);
        return message;

        static void Fill(Google.Protobuf.Collections.RepeatedField<int> field, ReadOnlyMemory<int> values)
        {
            foreach (int value in values.Span)
            {
                field.Add(value);
            }
        }
    }

    private static SpanRequest.Step ParseStep(Step step)
    {
        int rows = Count(step.Rows, "rows");
        if (rows > MaxRows || step.Keep.Count > MaxRows || step.Parents.Count != (step.IsScratch ? rows : 0) || (step.Keep.Count > 0 && !step.HasVerdict))
        {
            throw new WireFormatException($"a step of {rows} rows with {step.Keep.Count} kept and {step.Parents.Count} parents");
        }

        return new SpanRequest.Step(Number(step.Number), rows, step.EveryBlock)
        {
            HasVerdict = step.HasVerdict,
            Keep = step.Keep.ToArray(),
            IsScratch = step.IsScratch,
            Parents = step.Parents.ToArray(),
            Position = step.HasPosition ? Count(step.Position, "position") : null,
            Push = step.Push,
        };
    }

    private static SpanRequest.HandOver ParseHandOver(HandOver given)
    {
        int first = Count(given.FirstBlock, "first_block"), last = Count(given.LastBlock, "last_block");
        int length = Count(given.MaxLength, "max_length"), committed = Count(given.Committed, "committed");
        return first <= last && committed <= length
            ? new SpanRequest.HandOver(
                Peer(given.Owner),
                SessionId(given.SessionId),
                first,
                last,
                length,
                Count(given.MaxScratch, "max_scratch"),
                Contract(given.Contract),
                Number(given.LastNumber),
                committed)
            : throw new WireFormatException($"{committed} of {length} tokens of blocks {first}..{last} are no session");
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> header)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(header);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new WireFormatException($"the header is no {typeof(T).Name}: {e.Message}", e);
        }
    }

    private static int Count(uint value, string field) =>
        value <= MaxCount ? (int)value : throw new WireFormatException($"{field} = {value}; at most {MaxCount}");

    private static string Contract(string text) =>
        text.Length <= MaxContractLength ? text : throw new WireFormatException($"a contract of {text.Length} characters; at most {MaxContractLength}");

    private static Guid SessionId(ByteString bytes) =>
        bytes.Length == SessionIdBytes ? new Guid(bytes.Span, bigEndian: true) : throw new WireFormatException($"a session's id of {bytes.Length} bytes; it has {SessionIdBytes}");

    private static ReadOnlyMemory<byte> Scope(ByteString bytes) =>
        bytes.IsEmpty ? default : bytes.Length <= MaxScopeBytes ? bytes.Memory : throw new WireFormatException($"a scope of {bytes.Length} bytes; at most {MaxScopeBytes}");

    private static PeerId Peer(ByteString bytes) =>
        PeerId.TryFromBytes(bytes.Span, out PeerId? id) ? id : throw new WireFormatException($"{bytes.Length} bytes that are no peer's id");

    private static Multiaddress Address(ByteString bytes) =>
        Multiaddress.TryFromBytes(bytes.Span, out Multiaddress? address) ? address : throw new WireFormatException($"{bytes.Length} bytes that are no address");

    private static ByteString Bytes(PeerId id) => ByteString.CopyFrom(id.Bytes.Span);

    private static ByteString Bytes(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

    private static uint Milliseconds(TimeSpan time) => (uint)Math.Clamp(time.TotalMilliseconds, 0, uint.MaxValue);

    private static ulong Nanoseconds(TimeSpan time) => (ulong)(time.Ticks * TimeSpan.NanosecondsPerTick);

    private static TimeSpan Time(ulong nanoseconds) => TimeSpan.FromTicks((long)Math.Min(nanoseconds / TimeSpan.NanosecondsPerTick, 1UL << 50));

    private static long Number(ulong value) => value <= long.MaxValue ? (long)value : throw new WireFormatException($"number = {value}");
}
