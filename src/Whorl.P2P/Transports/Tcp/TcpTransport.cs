using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Whorl.P2P.Transports.Tcp;

/// <summary>Raw TCP connections to and from multiaddrs: IPv4, IPv6 and names.</summary>
internal static class TcpTransport
{
    private const int Backlog = 512;

    /// <summary>Starts to listen on an address whose host is an IP address.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static Socket Listen(Multiaddress address)
    {
        if (!address.TryGetTcp(out string? host, out int port) || !IPAddress.TryParse(host, out IPAddress? ip))
        {
            throw new ArgumentException($"{address}: listen on /ip4/…/tcp/… or /ip6/…/tcp/…");
        }

        Socket socket = new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false; // IPv4 is listened on apart, where it is asked for
            }

            if (!OperatingSystem.IsWindows())
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true); // a restarted server gets its port back
            }

            socket.Bind(new IPEndPoint(ip, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the first of the host's addresses that answers.</summary>
    /// <exception cref="SocketException">None did.</exception>
    public static async Task<Socket> DialAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        if (!address.TryGetTcp(out string? host, out int port))
        {
            throw new ArgumentException($"{address} is not a TCP address");
        }

        SocketException? last = null;
        foreach (IPAddress ip in await ResolveAsync(address, host, cancellationToken).ConfigureAwait(false))
        {
            Socket socket = new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(ip, port), cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>What a bound socket can be dialled at: each interface's address where it listens on all.</summary>
    public static IEnumerable<Multiaddress> AddressesOf(IPEndPoint bound) =>
        bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any)
            ? InterfaceAddresses(bound.AddressFamily).Select(ip => Multiaddress.FromTcp(new IPEndPoint(ip, bound.Port)))
            : [Multiaddress.FromTcp(bound)];

    private static async Task<IPAddress[]> ResolveAsync(Multiaddress address, string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out IPAddress? ip))
        {
            return [ip];
        }

        AddressFamily family = address.Components[0].Protocol.Code switch
        {
            Multiformats.MultiaddressProtocol.Dns4 => AddressFamily.InterNetwork,
            Multiformats.MultiaddressProtocol.Dns6 => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        return await Dns.GetHostAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<IPAddress> InterfaceAddresses(AddressFamily family) =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        where network.OperationalStatus == OperationalStatus.Up
        from unicast in network.GetIPProperties().UnicastAddresses
        where unicast.Address.AddressFamily == family && !unicast.Address.IsIPv6LinkLocal // useless without its zone
        select unicast.Address;
}
