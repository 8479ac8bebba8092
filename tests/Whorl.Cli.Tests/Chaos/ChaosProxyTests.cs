using System.Net;
using System.Net.Sockets;
using Whorl.Cli.Chaos;
using Whorl.Testing;

namespace Whorl.Cli.Tests.Chaos;

/// <summary>What stands between a client and a server in a chaos run.</summary>
public sealed class ChaosProxyTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly ChaosProxy _proxy;

    public ChaosProxyTests()
    {
        _server.Start();
        _proxy = new ChaosProxy(_time);
        _proxy.Start();
        _proxy.PointTo(((IPEndPoint)_server.LocalEndpoint).Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task What_either_side_sends_reaches_the_other()
    {
        (NetworkStream client, NetworkStream server) = await JoinAsync();

        await client.WriteAsync("to the server"u8.ToArray());
        await server.WriteAsync("to the client"u8.ToArray());

        Assert.Equal("to the server"u8.ToArray(), await ReadAsync(server, 13));
        Assert.Equal("to the client"u8.ToArray(), await ReadAsync(client, 13));
    }

    [Fact]
    public async Task A_cut_ends_both_sides_and_the_next_connection_is_whole()
    {
        (NetworkStream client, NetworkStream server) = await JoinAsync();

        _proxy.Cut();

        Assert.True(await IsOverAsync(client));
        Assert.True(await IsOverAsync(server));
        (client, server) = await JoinAsync();
        await client.WriteAsync("x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await ReadAsync(server, 1));
    }

    [Fact]
    public async Task One_byte_is_changed_and_no_other()
    {
        (NetworkStream client, NetworkStream server) = await JoinAsync();

        _proxy.Corrupt();
        await client.WriteAsync(new byte[5]);
        byte[] first = await ReadAsync(server, 5);
        await client.WriteAsync(new byte[5]);

        Assert.Single(first, b => b != 0);
        Assert.Equal(new byte[5], await ReadAsync(server, 5));
    }

    [Fact]
    public async Task Nothing_passes_a_hole_before_its_time_is_over_and_nothing_is_lost()
    {
        (NetworkStream client, NetworkStream server) = await JoinAsync();

        _proxy.Hole(TimeSpan.FromSeconds(3));
        await client.WriteAsync("x"u8.ToArray());
        Task<byte[]> reading = ReadAsync(server, 1);
        while (_time.PendingTimers == 0)
        {
            await Task.Delay(1);
        }

        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal("x"u8.ToArray(), await reading);
    }

    [Fact]
    public async Task Who_dials_while_there_is_no_server_is_sent_away()
    {
        _proxy.PointTo(0);
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);

        Assert.True(await IsOverAsync(client.GetStream()));
    }

    private async Task<(NetworkStream Client, NetworkStream Server)> JoinAsync()
    {
        Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(await _server.AcceptSocketAsync(), ownsSocket: true));
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    private static async Task<bool> IsOverAsync(NetworkStream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
