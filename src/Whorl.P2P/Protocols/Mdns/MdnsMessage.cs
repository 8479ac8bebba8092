using System.Buffers.Binary;
using System.Text;

namespace Whorl.P2P.Protocols.Mdns;

/// <summary>What of an mDNS packet concerns peers: whether it asks for them, and which it names.</summary>
/// <remarks>
/// Source: <see href="https://github.com/libp2p/specs/blob/master/discovery/mdns.md"/>, over RFC 1035 and RFC 6762. A question asks for the pointers of
/// <c>_p2p._udp.local</c>; an answer points to <c>NAME._p2p._udp.local</c>, whose text record holds strings <c>dnsaddr=/ip4/…/tcp/…/p2p/ID</c>.
/// </remarks>
/// <param name="AsksForPeers">Whether peers are to say where they are.</param>
/// <param name="Addresses">The addresses named, each with its peer's id; at most <see cref="MaxAddresses"/>.</param>
internal sealed record MdnsMessage(bool AsksForPeers, IReadOnlyList<Multiaddress> Addresses)
{
    /// <summary>The longest packet: RFC 6762, section 17.</summary>
    public const int MaxBytes = 9000;

    /// <summary>Addresses beyond this number are passed over.</summary>
    public const int MaxAddresses = 64;

    /// <summary>The most addresses told of this node: a packet must not be cut on its way.</summary>
    public const int MaxOwnAddresses = 8;

    private const int MaxRecords = 256;
    private const int HeaderBytes = 12;
    private const ushort ResponseFlags = 0x8400; // an answer, from the authority itself
    private const ushort PointerType = 12, TextType = 16, AnyType = 255, Internet = 1, TopBit = 0x8000;
    private const uint TimeToLive = 120; // seconds
    private const string Key = "dnsaddr=";

    private static readonly string[] Service = ["_p2p", "_udp", "local"];

    /// <summary>The question for all peers.</summary>
    public static byte[] WriteQuestion()
    {
        List<byte> packet = [];
        AppendHeader(packet, flags: 0, questions: 1, answers: 0, additional: 0);
        AppendName(packet, Service);
        Append(packet, PointerType);
        Append(packet, Internet);
        return [.. packet];
    }

    /// <summary>What a node tells of itself.</summary>
    /// <param name="name">A name of 1 to 63 letters and digits that nobody else has; not the peer's id.</param>
    /// <param name="addresses">Where it can be dialled, each with its id; what is beyond <see cref="MaxOwnAddresses"/>, or too long for a string of the DNS, is left out.</param>
    public static byte[] WriteAnswer(string name, IEnumerable<Multiaddress> addresses)
    {
        string[] owner = [name, .. Service];
        List<byte> pointer = [], text = [], packet = [];
        AppendName(pointer, owner);
        foreach (byte[] address in addresses.Select(a => Encoding.UTF8.GetBytes(Key + a)).Where(a => a.Length <= byte.MaxValue).Take(MaxOwnAddresses))
        {
            text.Add((byte)address.Length);
            text.AddRange(address);
        }

        AppendHeader(packet, ResponseFlags, questions: 0, answers: 1, additional: 1);
        AppendRecord(packet, Service, PointerType, pointer);
        AppendRecord(packet, owner, TextType, text);
        return [.. packet];
    }

    /// <summary>Reads a packet from anybody.</summary>
    /// <exception cref="WireFormatException">Malformed, or above the limits.</exception>
    public static MdnsMessage Read(ReadOnlySpan<byte> packet)
    {
        if (packet.Length is < HeaderBytes or > MaxBytes)
        {
            throw new WireFormatException($"mdns: a packet of {packet.Length} bytes; {HeaderBytes} to {MaxBytes} are allowed");
        }

        bool isAnswer = packet[2] >= 0x80;
        int questions = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        int records = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) + BinaryPrimitives.ReadUInt16BigEndian(packet[8..])
            + BinaryPrimitives.ReadUInt16BigEndian(packet[10..]);
        if (questions + records > MaxRecords)
        {
            throw new WireFormatException($"mdns: {questions + records} records, limit {MaxRecords}");
        }

        int at = HeaderBytes;
        bool asks = false;
        for (int i = 0; i < questions; i++)
        {
            List<string> name = ReadName(packet, ref at);
            (ushort type, ushort @class) = (ReadNumber(packet, ref at), ReadNumber(packet, ref at));
            asks |= !isAnswer && IsService(name) && type is PointerType or AnyType && (@class & ~TopBit) == Internet;
        }

        List<Multiaddress> addresses = [];
        for (int i = 0; i < records; i++)
        {
            List<string> name = ReadName(packet, ref at);
            (ushort type, ushort @class) = (ReadNumber(packet, ref at), ReadNumber(packet, ref at));
            Take(packet, ref at, sizeof(uint)); // how long it holds: it is looked at once
            ReadOnlySpan<byte> data = Take(packet, ref at, ReadNumber(packet, ref at));
            if (isAnswer && type == TextType && (@class & ~TopBit) == Internet && name.Count > Service.Length && IsService(name[1..]))
            {
                ReadText(data, addresses);
            }
        }

        return new MdnsMessage(asks, addresses);
    }

    private static bool IsService(List<string> name) => name.SequenceEqual(Service, StringComparer.OrdinalIgnoreCase);

    private static void ReadText(ReadOnlySpan<byte> data, List<Multiaddress> addresses)
    {
        for (int at = 0; at < data.Length && addresses.Count < MaxAddresses;)
        {
            int length = data[at++];
            string text = Encoding.UTF8.GetString(Take(data, ref at, length));
            if (text.StartsWith(Key, StringComparison.Ordinal) && Multiaddress.TryParse(text[Key.Length..], out Multiaddress? address)
                && address is { PeerId: not null, IsDialable: true })
            {
                addresses.Add(address);
            }
        }
    }

    /// <summary>Reads a name's labels; each pointer leads before everything read of the name so far, so that it ends.</summary>
    private static List<string> ReadName(ReadOnlySpan<byte> packet, ref int at)
    {
        const int longest = 255;
        List<string> labels = [];
        int read = 0, next = at, first = at;
        bool jumped = false;
        while (true)
        {
            int length = Take(packet, ref next, 1)[0];
            if (length >= 0xC0)
            {
                int target = ((length & 0x3F) << 8) | Take(packet, ref next, 1)[0];
                if (!jumped)
                {
                    at = next;
                }

                (jumped, next) = (true, target < first ? target : throw new WireFormatException("mdns: a name points at itself or behind"));
                first = target;
                continue;
            }

            read += length + 1;
            if (length > 63 || read > longest)
            {
                throw new WireFormatException("mdns: a name or a part of it is too long");
            }

            if (length == 0)
            {
                at = jumped ? at : next;
                return labels;
            }

            labels.Add(Encoding.UTF8.GetString(Take(packet, ref next, length)));
        }
    }

    private static ushort ReadNumber(ReadOnlySpan<byte> packet, ref int at) => BinaryPrimitives.ReadUInt16BigEndian(Take(packet, ref at, sizeof(ushort)));

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> packet, ref int at, int length)
    {
        if (length > packet.Length - at)
        {
            throw new WireFormatException("mdns: the packet ends too soon");
        }

        at += length;
        return packet.Slice(at - length, length);
    }

    private static void AppendHeader(List<byte> packet, ushort flags, ushort questions, ushort answers, ushort additional)
    {
        foreach (ushort field in (ushort[])[0, flags, questions, answers, 0, additional])
        {
            Append(packet, field);
        }
    }

    private static void AppendRecord(List<byte> packet, string[] name, ushort type, List<byte> data)
    {
        AppendName(packet, name);
        Append(packet, type);
        Append(packet, Internet);
        Append(packet, (ushort)(TimeToLive >> 16));
        Append(packet, (ushort)TimeToLive);
        Append(packet, (ushort)data.Count);
        packet.AddRange(data);
    }

    private static void AppendName(List<byte> packet, string[] labels)
    {
        foreach (string label in labels)
        {
            packet.Add((byte)label.Length);
            packet.AddRange(Encoding.ASCII.GetBytes(label));
        }

        packet.Add(0);
    }

    private static void Append(List<byte> packet, ushort value)
    {
        packet.Add((byte)(value >> 8));
        packet.Add((byte)value);
    }
}
