using System.Diagnostics;
using Whorl.Cli.Engine;
using Whorl.Models;

namespace Whorl.Cli.Chaos;

/// <summary>Servers of this machine that hold a model together, some blocks twice, and what befalls them.</summary>
internal sealed class ChaosSwarm : IAsyncDisposable
{
    private readonly List<ChaosServer> _servers = [];
    private readonly List<ChaosServer> _left = []; // that had joined
    private readonly List<Task> _suffering = [];
    private readonly SemaphoreSlim _joining = new(1);
    private readonly ModelChoice _model;
    private volatile ChaosServer? _joined;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("whorl-chaos-");
    private readonly Stopwatch _clock = new();

    private ChaosSwarm(ModelChoice model) => _model = model;

    /// <summary>Where the servers are.</summary>
    public IReadOnlyList<string> Addresses => [.. Present.Select(s => s.Address)];

    /// <summary>What has happened, with the milliseconds since the swarm stood.</summary>
    public List<(ChaosEvent What, long AtMilliseconds)> Events { get; } = [];

    /// <summary>Which blocks each server holds: about two thirds of them divide the model, the others hold the first parts again.</summary>
    /// <param name="blocks">How many the model has.</param>
    /// <param name="servers">How many there are.</param>
    public static IReadOnlyList<BlockRange> Divide(int blocks, int servers)
    {
        int parts = Math.Min(blocks, Math.Max(1, ((2 * servers) + 2) / 3));
        IReadOnlyList<BlockRange> ranges = BlockRange.Split(blocks, parts);
        return [.. Enumerable.Range(0, servers).Select(i => ranges[i % parts])];
    }

    /// <summary>Starts it.</summary>
    public static async Task<ChaosSwarm> StartAsync(ModelChoice model, int blocks, int servers, CancellationToken cancellationToken)
    {
        ChaosSwarm swarm = new(model);
        try
        {
            foreach (BlockRange range in Divide(blocks, servers))
            {
                swarm._servers.Add(await swarm.StartAsync(range, $"server{swarm._servers.Count}", cancellationToken));
            }

            swarm._clock.Start();
            return swarm;
        }
        catch
        {
            await swarm.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets something happen; returns at once.</summary>
    public void Begin(in ChaosEvent what, CancellationToken cancellationToken)
    {
        Events.Add((what, _clock.ElapsedMilliseconds));
        ChaosServer server = _servers[what.Server];
        _suffering.Add(what.Kind == ChaosKind.Join ? JoinAsync(server.Range, cancellationToken) : server.SufferAsync(what.Kind, what.Lasts, cancellationToken));
    }

    /// <summary>Waits until all that has begun is over and every server is there again.</summary>
    /// <exception cref="CliException">A server did not come back.</exception>
    public async Task SettleAsync()
    {
        await Task.WhenAll(_suffering);
        _suffering.Clear();
    }

    /// <summary>Processes of the swarm that still run. After its end there must be none.</summary>
    public int CountProcesses() => All.SelectMany(s => s.Processes).Count(IsAlive);

    /// <summary>Its files that are still there. After its end there must be none.</summary>
    public int CountFiles() => Directory.Exists(_folder.FullName) ? _folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Count() : 0;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(Task.WhenAll(_suffering)); // what failed has been told, or ends with the servers
        foreach (ChaosServer server in All)
        {
            await server.DisposeAsync();
        }

        _joining.Dispose();

        foreach (FileInfo key in _folder.GetFiles("*.key"))
        {
            key.Delete(); // nothing else is ours: what a server left behind stays to be counted
        }

        if (_folder.GetFileSystemInfos().Length == 0)
        {
            _folder.Delete();
        }
    }

    private IEnumerable<ChaosServer> Present => _joined is { } joined ? [.. _servers, joined] : _servers;

    private IEnumerable<ChaosServer> All => [.. Present, .. _left];

    private Task<ChaosServer> StartAsync(BlockRange range, string name, CancellationToken cancellationToken) => ChaosServer.StartAsync(
        _model,
        range,
        Path.Combine(_folder.FullName, name + ".key"),
        () => [.. Present.Select(s => s.Behind).OfType<string>()],
        cancellationToken);

    /// <summary>A server joins, and the one that joined before it leaves: there is one such at a time.</summary>
    private async Task JoinAsync(BlockRange range, CancellationToken cancellationToken)
    {
        await _joining.WaitAsync(cancellationToken);
        try
        {
            ChaosServer? before = _joined;
            _joined = await StartAsync(range, $"joined{_left.Count}", cancellationToken);
            if (before is not null)
            {
                _left.Add(before);
                await before.LeaveAsync(cancellationToken);
            }
        }
        finally
        {
            _joining.Release();
        }
    }

    private static bool IsAlive(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return !process.HasExited && process.ProcessName is "whorl" or "dotnet"; // a number may have been given to another since
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
