using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Rpc;

/// <summary>Two hosts in memory, a manual clock, and the check that no stream is left open.</summary>
public abstract class RpcTestBase : IAsyncLifetime
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30); // not a timing: turns a hang into a failure

    private readonly InMemoryNetwork _network = new();

    protected RpcTestBase()
    {
        Near = _network.AddHost();
        Far = _network.AddHost();
        Client = new RpcClient(Near, Clock);
        Server = new RpcServer(Far, Clock);
    }

    protected ManualTimeProvider Clock { get; } = new();

    protected IPeerHost Near { get; }

    protected IPeerHost Far { get; }

    protected RpcClient Client { get; }

    protected RpcServer Server { get; }

    protected CancellationToken Token { get; } = new CancellationTokenSource(HangLimit).Token;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Eventually(() => _network.OpenStreams == 0);
        await Near.DisposeAsync();
        await Far.DisposeAsync();
    }

    protected Task<ReadOnlyMemory<byte>> CallAsync(string method, byte[] request) =>
        Client.CallAsync(Far.Id, method, request, TimeSpan.FromSeconds(5), Token);

    protected Task<RpcCall> OpenAsync(string method) => Client.OpenAsync(Far.Id, method, TimeSpan.FromSeconds(5), Token);

    /// <summary>Writes raw bytes to a method's stream and gives everything that comes back until its end, or null if it is reset.</summary>
    protected async Task<byte[]?> ExchangeAsync(string method, byte[] bytes, bool halfClose = false)
    {
        await using PeerStream stream = await Near.DialAsync(Far.Id, method, Token);
        await stream.WriteAsync(bytes, Token);
        if (halfClose)
        {
            await stream.CloseWriteAsync(Token);
        }

        using MemoryStream received = new();
        try
        {
            await stream.CopyToAsync(received, Token);
            return received.ToArray();
        }
        catch (PeerStreamResetException)
        {
            return null;
        }
    }

    /// <summary>Waits for what happens in the background just after; fails only where it never does.</summary>
    protected static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 3000 && !condition(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.True(condition());
    }

    protected static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
