using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Whorl.P2P.Protocols.Mdns;

/// <summary>Packets to and from everybody in the networks this machine is in, over IPv4.</summary>
internal sealed class MulticastSocket : IDisposable
{
    /// <summary>The port of mDNS.</summary>
    public const int DefaultPort = 5353;

    private static readonly IPAddress Group = new([224, 0, 0, 251]);

    private readonly Socket _socket;
    private readonly IPEndPoint _everybody;
    private readonly SemaphoreSlim _sending = new(1); // which interface a packet leaves by is a setting of the socket
    private volatile IReadOnlyList<UnicastIPAddressInformation> _interfaces = [];

    /// <exception cref="SocketException">The port is another program's, who does not share it.</exception>
    public MulticastSocket(int port)
    {
        _everybody = new IPEndPoint(Group, port);
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true); // all programs of this machine share it
            _socket.Bind(new IPEndPoint(IPAddress.Any, port));
            _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, 255);
            JoinInterfaces();
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes part in the networks that this machine is in now.</summary>
    public void JoinInterfaces()
    {
        HashSet<IPAddress> known = [.. _interfaces.Select(known => known.Address)];
        List<UnicastIPAddressInformation> joined = [];
        foreach (UnicastIPAddressInformation address in Addresses())
        {
            try
            {
                if (!known.Contains(address.Address))
                {
                    _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(Group, address.Address));
                }

                joined.Add(address);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                joined.Add(address); // a second address of an interface that was joined
            }
            catch (SocketException)
            {
                continue; // an interface without multicast
            }
        }

        _interfaces = joined;
    }

    /// <summary>Sends to everybody in each network; a network that cannot be sent to is passed over.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (UnicastIPAddressInformation address in _interfaces)
            {
                try
                {
                    _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, address.Address.GetAddressBytes());
                    await _socket.SendToAsync(packet, SocketFlags.None, _everybody, cancellationToken).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    continue; // it went down a moment ago, or lets nothing out
                }
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Waits for a packet from one of the networks that this machine is in; others are dropped (RFC 6762, section 11).</summary>
    public async Task<(int Length, IPEndPoint Sender)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                SocketReceiveFromResult received =
                    await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancellationToken).ConfigureAwait(false);
                IPEndPoint sender = (IPEndPoint)received.RemoteEndPoint;
                if (_interfaces.Any(address => new IPNetwork(Base(address), address.PrefixLength).Contains(sender.Address)))
                {
                    return (received.ReceivedBytes, sender);
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize or SocketError.ConnectionReset)
            {
                continue; // longer than any packet may be; Windows tells so, and of ports that nobody listens on
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _sending.Dispose();
    }

    /// <summary>The first address of an address's network.</summary>
    private static IPAddress Base(UnicastIPAddressInformation address)
    {
        byte[] bytes = address.Address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            int kept = Math.Clamp(address.PrefixLength - (8 * i), 0, 8);
            bytes[i] &= (byte)(0xFF00 >> kept);
        }

        return new IPAddress(bytes);
    }

    private static IEnumerable<UnicastIPAddressInformation> Addresses() =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        where network.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown // loopback's is not known on Linux
        from address in network.GetIPProperties().UnicastAddresses
        where address.Address.AddressFamily == AddressFamily.InterNetwork
        select address;
}
