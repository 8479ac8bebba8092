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

        ThrowIfTaken(new IPEndPoint(ip, port));
        Socket socket = new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false; // IPv4 is listened on apart, where it is asked for
            }

            if (!OperatingSystem.IsWindows())
            {
                ShareAddress(socket);
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
    /// <param name="address">Whom to dial.</param>
    /// <param name="leaveFrom">Endpoints listened on: the connection leaves from the port of one that suits where the system lets it, else from a fresh one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">None did.</exception>
    public static async Task<Socket> DialAsync(Multiaddress address, IReadOnlyList<IPEndPoint> leaveFrom, CancellationToken cancellationToken)
    {
        if (!address.TryGetTcp(out string? host, out int port))
        {
            throw new ArgumentException($"{address} is not a TCP address");
        }

        SocketException? last = null;
        foreach (IPAddress ip in await ResolveAsync(address, host, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                return await DialAsync(new IPEndPoint(ip, port), leaveFrom, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<Socket> DialAsync(IPEndPoint remote, IReadOnlyList<IPEndPoint> leaveFrom, CancellationToken cancellationToken)
    {
        // Windows lets a port be shared with any program or not at all: there connections always leave from a fresh one.
        IPEndPoint? local = OperatingSystem.IsWindows() ? null : leaveFrom.FirstOrDefault(
            bound => bound.AddressFamily == remote.AddressFamily && IPAddress.IsLoopback(bound.Address) == IPAddress.IsLoopback(remote.Address))
            ?? leaveFrom.FirstOrDefault(bound => bound.AddressFamily == remote.AddressFamily && IsAny(bound.Address));
        if (local is not null)
        {
            try
            {
                return await ConnectAsync(remote, local, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable)
            {
                // A connection between the same two endpoints is open, or was a moment ago.
            }
        }

        return await ConnectAsync(remote, null, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint remote, IPEndPoint? local, CancellationToken cancellationToken)
    {
        Socket socket = new(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (local is not null)
            {
                ShareAddress(socket);
                socket.Bind(local);
            }

            await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>On Unix .NET sets SO_REUSEADDR and SO_REUSEPORT: a restarted server gets its port back, and dials leave from the port that is listened on.</summary>
    private static void ShareAddress(Socket socket) => socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);

    /// <summary>Sharing the address would let two programs of one user listen on one port without either noticing.</summary>
    private static void ThrowIfTaken(IPEndPoint wanted)
    {
        if (OperatingSystem.IsWindows() || wanted.Port == 0)
        {
            return;
        }

        // SO_REUSEADDR alone, by its number: it passes over connections that are closing, but not over a listener.
        (int level, int option) = OperatingSystem.IsLinux() ? (1, 2) : (0xFFFF, 4);
        using Socket probe = new(wanted.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.SetRawSocketOption(level, option, BitConverter.GetBytes(1));
        probe.Bind(wanted);
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>What a bound socket can be dialled at: each interface's address where it listens on all.</summary>
    public static IEnumerable<Multiaddress> AddressesOf(IPEndPoint bound) =>
        IsAny(bound.Address)
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
