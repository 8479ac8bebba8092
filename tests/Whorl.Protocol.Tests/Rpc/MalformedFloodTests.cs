using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Rpc;

/// <summary>Malformed requests, one after the other over one connection: a server takes them ever slower.</summary>
public sealed class MalformedFloodTests : IAsyncLifetime
{
    private const string Method = "Test.rpc_wrong";

    private readonly ManualTimeProvider _clock = new();
    private Libp2pHost _server = null!;
    private Libp2pHost _caller = null!;

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async Task InitializeAsync()
    {
        Libp2pOptions options = new() { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")], KadMode = KadMode.Off };
        (_server, _caller) = (await Libp2pHost.StartAsync(options), await Libp2pHost.StartAsync(options));
        await _caller.ConnectAsync(new PeerAddress(_server.Id, _server.ListenAddresses), Token);
    }

    public async Task DisposeAsync()
    {
        await _caller.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1)]
    public async Task A_connection_that_sends_many_malformed_requests_waits_for_the_answers_to_them_and_for_no_others(int bytes)
    {
        RpcServer rpc = new(_server, _clock);
        rpc.HandleStream(Method, async (call, token) =>
        {
            ReadOnlyMemory<byte> request = (await call.ReceiveAsync(token))!.Value;
            if (request.Span[0] == 0)
            {
                throw new WireFormatException("not what it must be");
            }

            await call.SendAsync(request, token);
        });
        RpcClient client = new(_caller, TimeProvider.System);
        int taken = RpcLimits.MaxFaultBytes / Math.Max(bytes, RpcLimits.LeastFaultBytes);
        for (int i = 0; i < taken; i++)
        {
            await RefusedAsync(client, bytes); // at once
        }

        Task slow = RefusedAsync(client, bytes);
        await using RpcCall right = await client.OpenAsync(_server.Id, Method, TimeSpan.FromSeconds(30), Token);
        await right.SendAsync(new byte[] { 1 }, Token);
        Assert.Equal(1, (await right.ReceiveAsync(Token))!.Value.Length);
        Assert.False(slow.IsCompleted);

        await Until(() =>
        {
            _clock.Advance(RpcLimits.MaxFaultWait);
            return slow.IsCompleted;
        });
        await slow;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await RefusedAsync(client, bytes); // it has gained anew
    }

    [Fact]
    public void However_many_there_were_none_waits_longer_than_the_most()
    {
        FaultAllowance faults = new();
        TimeSpan last = TimeSpan.Zero;
        for (int i = 0; i < 1000; i++)
        {
            TimeSpan wait = faults.Charge(1 << 20, _clock);
            Assert.InRange(wait, last, RpcLimits.MaxFaultWait);
            last = wait;
        }

        Assert.Equal(RpcLimits.MaxFaultWait, last);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(6, faults.Charge(1 << 20, _clock).TotalSeconds, 6);
    }

    private async Task RefusedAsync(RpcClient client, int bytes)
    {
        await using RpcCall call = await client.OpenAsync(_server.Id, Method, TimeSpan.FromSeconds(30), Token);
        await call.SendAsync(new byte[bytes], Token);
        await Assert.ThrowsAsync<RpcErrorException>(async () => await call.ReceiveAsync(Token));
    }

    private async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
    }
}
