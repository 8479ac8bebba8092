using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Whorl.P2P;

namespace Whorl;

/// <summary>Addresses as people write them: <c>HOST:PORT</c>, where HOST may be a name, or a multiaddress.</summary>
internal static class Addresses
{
    /// <summary>How a peer may be written, for people.</summary>
    public const string PeerForms = "HOST:PORT, [IPV6]:PORT or /ip4/…/tcp/PORT/p2p/ID (ip6, dns, dns4 and dns6 likewise)";

    /// <summary>How a place to listen may be written, for people.</summary>
    public const string ListenForms = "HOST:PORT, :PORT for all interfaces, [IPV6]:PORT or /ip4/…/tcp/PORT; port 0 takes a free one";

    private const string AnnounceForms = "HOST:PORT, [IPV6]:PORT or /ip4/…/tcp/PORT (ip6, dns, dns4 and dns6 likewise)";
    private const int LongestName = 253; // of the DNS

    /// <summary>The parts of a list.</summary>
    public static string[] Split(string? list) =>
        list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Reads whom to dial.</summary>
    /// <exception cref="WhorlException">It cannot be dialled; the message says why, and what can.</exception>
    public static PeerAddress ParsePeer(string text)
    {
        if (!text.StartsWith('/') && PeerAddress.TryParse(text, out PeerAddress? bare))
        {
            return bare; // an id alone: the swarm knows where it is
        }

        PeerAddress peer = new(null, text.StartsWith('/') ? ParseMultiaddress(text, PeerForms) : FromHostAndPort(text, anyPort: false, PeerForms));
        return peer.Addresses.All(address => address.IsDialable) ? peer : throw NotTcp(text, PeerForms);
    }

    /// <summary>Whether it stands for all interfaces, whatever protocol they speak.</summary>
    public static bool IsEveryInterface(string text) => text.StartsWith(':') || text.StartsWith("*:", StringComparison.Ordinal);

    /// <summary>Reads where to listen; a name is looked up.</summary>
    /// <exception cref="WhorlException">It cannot be listened on; the message says why, and what can.</exception>
    public static Multiaddress ParseListen(string text)
    {
        Multiaddress address = text.StartsWith('/') ? ParseMultiaddress(text, ListenForms)
            : IsEveryInterface(text)
                ? FromHostAndPort(IPAddress.Any + text[text.IndexOf(':', StringComparison.Ordinal)..], anyPort: true, ListenForms)
            : FromHostAndPort(text, anyPort: true, ListenForms);
        if (!address.TryGetTcp(out string? host, out int port))
        {
            throw NotTcp(text, ListenForms);
        }

        return IPAddress.TryParse(host, out IPAddress? ip) ? address : Multiaddress.FromTcp(new IPEndPoint(LookUp(host, text), port));
    }

    /// <summary>Reads what others are told to dial; names stay names.</summary>
    /// <exception cref="WhorlException">Nobody could dial it; the message says why, and what can be.</exception>
    public static Multiaddress ParseAnnounced(string text)
    {
        Multiaddress address = text.StartsWith('/') ? ParseMultiaddress(text, AnnounceForms) : FromHostAndPort(text, anyPort: false, AnnounceForms);
        if (!address.IsDialable)
        {
            throw NotTcp(text, AnnounceForms);
        }

        bool isAny = address.TryGetTcp(out string? host, out int port) && (port == 0 || host is "0.0.0.0" or "::");
        return isAny ? throw new WhorlException($"'{text}' is where to listen, but nothing that others can dial; write an address and a port of this machine") : address;
    }

    private static Multiaddress ParseMultiaddress(string text, string forms)
    {
        if (text.StartsWith("/dnsaddr/", StringComparison.Ordinal))
        {
            throw new WhorlException($"'{text}' stands for addresses in text records of the DNS, which are not looked up; write one of them: {forms}");
        }

        try
        {
            return Multiaddress.Parse(text);
        }
        catch (FormatException e)
        {
            throw new WhorlException($"'{text}' is no address: {e.Message}; write {forms}");
        }
    }

    private static Multiaddress FromHostAndPort(string text, bool anyPort, string forms)
    {
        if (text.Contains("//", StringComparison.Ordinal))
        {
            throw new WhorlException($"'{text}' is no address: it is dialled without a scheme; write {forms}");
        }

        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (text.EndsWith(']') || colon < 0)
        {
            throw new WhorlException($"'{text}' is no address: it has no port; write {forms}");
        }

        if (!isBracketed && host.Contains(':', StringComparison.Ordinal))
        {
            throw new WhorlException($"'{text}' is no address: one of IPv6 stands in brackets; write {forms}");
        }

        bool isPort = int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port <= IPEndPoint.MaxPort && (anyPort || port > 0);
        if (!isPort)
        {
            throw new WhorlException(
                $"'{text}' is no address: its port is a number from {(anyPort ? 0 : 1)} to {IPEndPoint.MaxPort}; write {forms}");
        }

        string name = isBracketed ? host[1..^1] : host;
        bool hasZone = name.Contains('%', StringComparison.Ordinal);
        bool isIp = IPAddress.TryParse(name, out IPAddress? ip) && (isBracketed || name.Count(c => c == '.') == 3);
        if (isIp && !hasZone && isBracketed == (ip!.AddressFamily == AddressFamily.InterNetworkV6))
        {
            return Multiaddress.FromTcp(new IPEndPoint(ip, port));
        }

        return !isBracketed && !isIp && IsName(name)
            ? Multiaddress.Parse(string.Create(CultureInfo.InvariantCulture, $"/dns/{name}/tcp/{port}"))
            : throw new WhorlException($"'{text}' is no address: '{name}' is neither a name nor an IP address{(hasZone ? " without a zone" : "")}; write {forms}");
    }

    /// <summary>Whether it can be a host's name; service names of containers have underscores.</summary>
    private static bool IsName(string text)
    {
        string[] labels = text.TrimEnd('.').Split('.');
        return text.Length <= LongestName
            && labels.All(label => label.Length > 0 && label.All(c => char.IsLetterOrDigit(c) || c is '-' or '_') && label[0] != '-')
            && !labels[^1].All(char.IsAsciiDigit); // 300.1.1.1
    }

    /// <summary>The address that a name of this machine stands for, IPv4 before IPv6.</summary>
    private static IPAddress LookUp(string host, string text)
    {
        if (host == "localhost")
        {
            return IPAddress.Loopback;
        }

        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return found.OrderBy(ip => ip.AddressFamily != AddressFamily.InterNetwork).First();
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            throw new WhorlException($"'{text}' cannot be listened on: there is no address for the name '{host}'; write an IP address, or :PORT");
        }
    }

    private static WhorlException NotTcp(string text, string forms) => new($"'{text}' cannot be used: only TCP is spoken; write {forms}");
}
