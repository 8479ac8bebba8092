using System.Diagnostics;
using System.Globalization;
using Whorl.Cli.Engine;
using Whorl.Models;

namespace Whorl.Cli.Chaos;

/// <summary>A server process behind a proxy, which may be killed, stopped and started again: its address and its identity stay.</summary>
internal sealed class ChaosServer : IAsyncDisposable
{
    private const int NarrowBytesPerSecond = 64 << 10;

    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan LongestLeave = TimeSpan.FromSeconds(45); // more than a server's own limit

    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly ChaosProxy _proxy = new(Time);
    private readonly ModelChoice _model;
    private readonly string _identity;
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Func<IReadOnlyCollection<string>> _peers;
    private ServerProcess? _process;

    private ChaosServer(ModelChoice model, BlockRange range, string identity, Func<IReadOnlyCollection<string>> peers) =>
        (_model, Range, _identity, _peers) = (model, range, identity, peers);

    /// <summary>Its blocks.</summary>
    public BlockRange Range { get; }

    /// <summary>Where clients find it, always.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_proxy.Port}");

    /// <summary>Where its process is, past the proxy; null while it is not there, or stands still.</summary>
    public string? Behind { get; private set; }

    /// <summary>Processes it has had, by what the system calls them.</summary>
    public List<int> Processes { get; } = [];

    /// <summary>Starts a server.</summary>
    /// <param name="model">What it serves.</param>
    /// <param name="range">Which blocks.</param>
    /// <param name="identity">A file for its key.</param>
    /// <param name="peers">Where other servers are when it is started.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ChaosServer> StartAsync(
        ModelChoice model, BlockRange range, string identity, Func<IReadOnlyCollection<string>> peers, CancellationToken cancellationToken)
    {
        ChaosServer server = new(model, range, identity, peers);
        try
        {
            server._proxy.Start();
            await server.StartProcessAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What this system can do to a process: signals are Unix's.</summary>
    public static IReadOnlyList<ChaosKind> KindsHere() => OperatingSystem.IsWindows()
        ? [.. Enum.GetValues<ChaosKind>().Except([ChaosKind.Stop, ChaosKind.Leave])]
        : Enum.GetValues<ChaosKind>();

    /// <summary>Lets something befall it.</summary>
    /// <returns>Ends when it is as before.</returns>
    public async Task SufferAsync(ChaosKind kind, TimeSpan lasts, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case ChaosKind.Cut:
                _proxy.Cut();
                return;
            case ChaosKind.Corrupt:
                _proxy.Corrupt();
                return;
            case ChaosKind.Hole:
                _proxy.Hole(lasts);
                await Task.Delay(lasts, Time, cancellationToken);
                return;
            case ChaosKind.Delay:
                _proxy.Delay(Late);
                await Task.Delay(lasts, Time, cancellationToken);
                _proxy.Delay(TimeSpan.Zero);
                return;
            case ChaosKind.Narrow:
                _proxy.Narrow(NarrowBytesPerSecond);
                await Task.Delay(lasts, Time, cancellationToken);
                _proxy.Narrow(0);
                return;
            case ChaosKind.Lie:
                await LieAsync(lasts, cancellationToken);
                return;
            case ChaosKind.Kill or ChaosKind.Stop or ChaosKind.Leave:
                await ChangeProcessAsync(kind, lasts, cancellationToken);
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    /// <summary>Leaves for good, as a server does that is asked to.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            Behind = null;
            await (OperatingSystem.IsWindows() ? _process!.DisposeAsync().AsTask() : LeaveAsync(_process!, cancellationToken));
            _proxy.PointTo(0);
            _proxy.Cut();
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await _proxy.DisposeAsync();
        _changing.Dispose();
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using Process kill = Process.Start("kill", [signal, process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private async Task LieAsync(TimeSpan lasts, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (await _process!.OrderAsync(LyingHost.Lies[(int)(lasts.TotalMilliseconds % LyingHost.Lies.Length)], cancellationToken))
            {
                await Task.Delay(lasts, Time, cancellationToken);
                await _process.OrderAsync(LyingHost.Honest, cancellationToken); // the next text is another event's
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    // One at a time: what befalls a process that is not there waits until it is.
    private async Task ChangeProcessAsync(ChaosKind kind, TimeSpan lasts, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            ServerProcess process = _process!;
            string? behind = Behind;
            Behind = null;
            if (kind == ChaosKind.Stop)
            {
                await SignalAsync("-STOP", process.Id);
                try
                {
                    await Task.Delay(lasts, Time, cancellationToken);
                }
                finally
                {
                    await SignalAsync("-CONT", process.Id);
                    Behind = behind;
                }

                return;
            }

            if (kind == ChaosKind.Leave)
            {
                await LeaveAsync(process, cancellationToken);
            }

            _proxy.PointTo(0);
            await process.DisposeAsync();
            _proxy.Cut(); // as the system does where no proxy stands between
            await Task.Delay(lasts, Time, cancellationToken);
            await StartProcessAsync(cancellationToken);
        }
        finally
        {
            _changing.Release();
        }
    }

    private static async Task LeaveAsync(ServerProcess process, CancellationToken cancellationToken)
    {
        await SignalAsync("-TERM", process.Id);
        int code = await process.WaitForExitAsync(cancellationToken).WaitAsync(LongestLeave, cancellationToken);
        if (code != 0)
        {
            throw new CliException($"a server that was asked to leave ended with exit code {code}, not 0");
        }
    }

    private async Task StartProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            _process = await ServerProcess.StartAsync(_model, Range, _identity, cancellationToken, obeys: true, _peers());
        }
        catch (CliException)
        {
            _process = await ServerProcess.StartAsync(_model, Range, _identity, cancellationToken, obeys: true); // those it was to join have been killed meanwhile
        }

        Behind = _process.Address;
        Processes.Add(_process.Id);
        _proxy.PointTo(int.Parse(_process.Address.AsSpan(_process.Address.LastIndexOf(':') + 1), CultureInfo.InvariantCulture));
    }
}
