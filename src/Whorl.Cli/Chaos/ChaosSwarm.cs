using System.Diagnostics;
using System.Globalization;
using Whorl.Cli.Engine;
using Whorl.Models;

namespace Whorl.Cli.Chaos;

/// <summary>Servers of this machine that hold a model together, some blocks twice, and what befalls them.</summary>
internal sealed class ChaosSwarm : IAsyncDisposable
{
    private readonly List<ChaosServer> _servers = [];
    private readonly List<Task> _suffering = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("whorl-chaos-");
    private readonly Stopwatch _clock = new();

    private ChaosSwarm()
    {
    }

    /// <summary>Where the servers are.</summary>
    public IReadOnlyList<string> Addresses => [.. _servers.Select(s => s.Address)];

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
        ChaosSwarm swarm = new();
        try
        {
            foreach (BlockRange range in Divide(blocks, servers))
            {
                string identity = Path.Combine(swarm._folder.FullName, string.Create(CultureInfo.InvariantCulture, $"server{swarm._servers.Count}.key"));
                swarm._servers.Add(await ChaosServer.StartAsync(model, range, identity, cancellationToken));
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
        _suffering.Add(_servers[what.Server].SufferAsync(what.Kind, what.Lasts, cancellationToken));
    }

    /// <summary>Waits until all that has begun is over and every server is there again.</summary>
    /// <exception cref="CliException">A server did not come back.</exception>
    public async Task SettleAsync()
    {
        await Task.WhenAll(_suffering);
        _suffering.Clear();
    }

    /// <summary>Processes of the swarm that still run. After its end there must be none.</summary>
    public int CountProcesses() => _servers.SelectMany(s => s.Processes).Count(IsAlive);

    /// <summary>Its files that are still there. After its end there must be none.</summary>
    public int CountFiles() => Directory.Exists(_folder.FullName) ? _folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Count() : 0;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(Task.WhenAll(_suffering)); // what failed has been told, or ends with the servers
        foreach (ChaosServer server in _servers)
        {
            await server.DisposeAsync();
        }

        foreach (FileInfo key in _folder.GetFiles("*.key"))
        {
            key.Delete(); // nothing else is ours: what a server left behind stays to be counted
        }

        if (_folder.GetFileSystemInfos().Length == 0)
        {
            _folder.Delete();
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
