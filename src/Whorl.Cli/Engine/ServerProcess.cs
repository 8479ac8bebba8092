using System.Diagnostics;
using System.Globalization;
using Whorl.Cli.Commands;
using Whorl.Models;
using Whorl.Tensors;

namespace Whorl.Cli.Engine;

/// <summary>A server in a process of its own, on this machine. It ends with this process, however this process ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>What this machine carries to itself, about: decides whether sessions are moved.</summary>
    private const string LoopbackMbits = "20000";

    private readonly Process _process;

    private ServerProcess(Process process, string address) => (_process, Address) = (process, address);

    public string Address { get; }

    /// <summary>What the system calls its process.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="model">What it serves, and how it is computed.</param>
    /// <param name="range">Which blocks.</param>
    /// <param name="identity">A file with its key, made if it is not there; null for a new key.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="obeys">Whether it lies when it is told to: see <see cref="OrderAsync"/>.</param>
    /// <param name="peers">Where servers of its swarm are; none where it begins one.</param>
    /// <exception cref="CliException">It ended before; the message has its words.</exception>
    public static async Task<ServerProcess> StartAsync(
        ModelChoice model, BlockRange range, string? identity, CancellationToken cancellationToken, bool obeys = false, IReadOnlyCollection<string>? peers = null)
    {
        ProcessStartInfo start = new() { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Itself(start);
        // Compiled once and well: several processes that do so twice take each other's cores.
        start.Environment.TryAdd("DOTNET_TieredCompilation", "0");
        foreach (string argument in (string[])
            [
                "serve", model.Located.Path, "--blocks", range.ToString(), "--listen", "127.0.0.1:0", "--until-input-ends", "--log-level", "error",
                "--threads", model.Options.Backend.Threads.ToString(CultureInfo.InvariantCulture),
                "--link-mbits", LoopbackMbits, "--activations", model.Options.Backend.Activations == ActivationFormat.F32 ? "f32" : "q8",
            ])
        {
            start.ArgumentList.Add(argument);
        }

        if (obeys)
        {
            start.ArgumentList.Add("--lies");
        }

        if (peers is { Count: > 0 })
        {
            start.ArgumentList.Add("--initial-peers");
            start.ArgumentList.Add(string.Join(',', peers));
            start.ArgumentList.Add("--no-peer-memory");
        }

        if (identity is not null)
        {
            start.ArgumentList.Add("--identity");
            start.ArgumentList.Add(identity);
        }

        Process process = Process.Start(start) ?? throw new CliException($"cannot start {start.FileName}");
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string? line = await process.StandardOutput.ReadLineAsync(cancellationToken);
            if (line is null || !line.StartsWith(ServeCommand.Ready, StringComparison.Ordinal))
            {
                throw new CliException($"a server for blocks {range} did not start: {line ?? (await errors).Trim()}");
            }

            return new ServerProcess(process, line[ServeCommand.Ready.Length..line.IndexOf(',', StringComparison.Ordinal)]);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    /// <summary>Tells it one of <see cref="Chaos.LyingHost.Lies"/>, or to be honest, and waits until it has heard.</summary>
    /// <returns>Whether it has; not where it ended before.</returns>
    public async Task<bool> OrderAsync(byte order, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(new[] { order }, cancellationToken);
            await _process.StandardInput.BaseStream.FlushAsync(cancellationToken);
            string? line;
            do
            {
                line = await _process.StandardOutput.ReadLineAsync(cancellationToken);
            }
            while (line is not (null or ServeCommand.Told));

            return line is not null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until it has ended by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>This program: its own executable, or the .NET host with its assembly.</summary>
    private static void Itself(ProcessStartInfo start)
    {
        string? path = Environment.ProcessPath;
        if (path is not null && Path.GetFileNameWithoutExtension(path) == "whorl")
        {
            start.FileName = path;
            return;
        }

        start.FileName = path is not null && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "whorl.dll"));
    }
}
