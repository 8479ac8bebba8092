using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Whorl.P2P;

namespace Interop.Tests;

/// <summary>Our node with the same three protocols as js/node.mjs, and their dialling sides.</summary>
internal static class InteropHost
{
    public const int BigTransfer = 64 << 20;

    public static async Task<Libp2pHost> StartAsync(SecurityKind security, PeerKeyType key, Func<Libp2pOptions, Libp2pOptions>? change = null)
    {
        Libp2pOptions options = new()
        {
            Identity = PeerIdentity.Generate(key),
            ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")],
            Security = [security],
        };
        Libp2pHost host = await Libp2pHost.StartAsync(change?.Invoke(options) ?? options);
        host.Handle("/echo/1", async (stream, token) =>
        {
            await stream.CopyToAsync(stream, token);
            await stream.CloseWriteAsync(token);
        });
        host.Handle("Sink.rpc_hash", async (stream, token) =>
        {
            await stream.WriteAsync(await SHA256.HashDataAsync(stream, token), token);
            await stream.CloseWriteAsync(token);
        });
        host.Handle("/source/1", async (stream, token) =>
        {
            byte[] head = new byte[4];
            await stream.ReadExactlyAsync(head, token);
            await stream.WriteAsync(Pattern(BinaryPrimitives.ReadInt32BigEndian(head)), token);
            await stream.CloseWriteAsync(token);
        });
        return host;
    }

    /// <summary>A TCP port that nobody listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The bytes both sides send.</summary>
    public static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) + (i >> 8));
        }

        return bytes;
    }

    public static string HashOfPattern(int length) => Convert.ToHexStringLower(SHA256.HashData(Pattern(length)));

    /// <summary>Our address as js dials it.</summary>
    public static string AddressOf(Libp2pHost host) => host.ListenAddresses[0].WithPeer(host.Id).ToString();

    public static async Task<byte[]> EchoAsync(Libp2pHost host, PeerAddress peer, byte[] sent, CancellationToken token)
    {
        await using PeerStream stream = await host.DialAsync(peer, "/echo/1", token);
        using MemoryStream back = new();
        Task reading = stream.CopyToAsync(back, token);
        await stream.WriteAsync(sent, token);
        await stream.CloseWriteAsync(token);
        await reading;
        return back.ToArray();
    }

    public static async Task<string> SinkAsync(Libp2pHost host, PeerAddress peer, int bytes, CancellationToken token)
    {
        await using PeerStream stream = await host.DialAsync(peer, "Sink.rpc_hash", token);
        await stream.WriteAsync(Pattern(bytes), token);
        await stream.CloseWriteAsync(token);
        byte[] hash = new byte[32];
        await stream.ReadExactlyAsync(hash, token);
        return Convert.ToHexStringLower(hash);
    }

    public static async Task<string> SourceAsync(Libp2pHost host, PeerAddress peer, int bytes, CancellationToken token)
    {
        await using PeerStream stream = await host.DialAsync(peer, "/source/1", token);
        byte[] head = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(head, bytes);
        await stream.WriteAsync(head, token);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, token));
    }
}
