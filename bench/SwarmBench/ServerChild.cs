using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SwarmBench;

/// <summary><c>whorl serve</c> in a process of its own; ends with this one.</summary>
internal sealed class ServerChild : IAsyncDisposable
{
    private const string Ready = "listening on ";

    private readonly Process _process;

    private ServerChild(Process process, string address) => (_process, Address) = (process, address);

    public string Address { get; }

    public static async Task<ServerChild> StartAsync(string model, string blocks, string listen = "127.0.0.1:0")
    {
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        ProcessStartInfo start = new(
            dotnet,
            [
                Path.Combine(AppContext.BaseDirectory, "whorl.dll"), "serve", model, "--blocks", blocks, "--listen", listen,
                "--until-input-ends", "--log-level", "error", "--threads", "1",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.TryAdd("DOTNET_TieredCompilation", "0");
        Process process = Process.Start(start)!;
        string line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("a server did not start");
        int at = line.IndexOf(Ready, StringComparison.Ordinal);
        return new ServerChild(process, line[(at + Ready.Length)..line.IndexOf(',', StringComparison.Ordinal)]);
    }

    /// <summary>As kill -9 does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends a signal by its name.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
