namespace Whorl.P2P.Tests;

/// <summary>Two ends of a connection within the process, to put protocols on.</summary>
internal sealed class Duplex : IAsyncDisposable
{
    private readonly InMemoryNetwork _network = new();
    private readonly TaskCompletionSource _over = new();

    private Duplex()
    {
    }

    public PeerStream Near { get; private set; } = null!;

    public PeerStream Far { get; private set; } = null!;

    public static async Task<Duplex> CreateAsync()
    {
        Duplex duplex = new();
        TaskCompletionSource<PeerStream> accepted = new();
        IPeerHost near = duplex._network.AddHost(), far = duplex._network.AddHost();
        far.Handle("/duplex", (stream, _) =>
        {
            accepted.SetResult(stream);
            return duplex._over.Task;
        });
        duplex.Near = await near.DialAsync(far.Id, "/duplex", default);
        duplex.Far = await accepted.Task;
        return duplex;
    }

    public async ValueTask DisposeAsync()
    {
        await Near.DisposeAsync();
        await Far.DisposeAsync();
        _over.SetResult();
    }
}
