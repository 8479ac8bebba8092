using System.Diagnostics;

namespace Whorl.Cli.Tests;

/// <summary>The built program in a process of its own, with an environment of the test's.</summary>
internal sealed class WhorlProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly Process _process;
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly Task<string> _errors;

    private WhorlProcess(IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "whorl.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync(_limit.Token);
    }

    /// <summary>Runs it to its end.</summary>
    public static Task<ProgramResult> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        RunWithInputAsync(environment, "", arguments);

    /// <summary>Runs it to its end, with something to read.</summary>
    public static async Task<ProgramResult> RunWithInputAsync(
        IReadOnlyDictionary<string, string> environment, string input, params string[] arguments)
    {
        await using WhorlProcess process = new(environment, arguments);
        await process._process.StandardInput.WriteAsync(input);
        process._process.StandardInput.Close();
        return await process.EndAsync();
    }

    /// <summary>Runs it to its end, with a standard input to which nobody writes, and which nobody closes.</summary>
    public static async Task<ProgramResult> RunWithSilentInputAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await using WhorlProcess process = new(environment, arguments);
        return await process.EndAsync();
    }

    /// <summary>Starts a server and waits until it listens. It ends when it is disposed.</summary>
    /// <returns>The server, and where it listens.</returns>
    public static async Task<(WhorlProcess Server, string Address)> ServeAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        WhorlProcess server = new(environment, ["serve", .. arguments]);
        string? line = await server._process.StandardOutput.ReadLineAsync(server._limit.Token);
        if (line is null)
        {
            Assert.Fail($"the server did not start: {(await server.EndAsync()).Error}");
        }

        return (server, line.Split(',')[0]["listening on ".Length..]);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _limit.Dispose();
    }

    private async Task<ProgramResult> EndAsync()
    {
        string output = await _process.StandardOutput.ReadToEndAsync(_limit.Token), error = await _errors;
        await _process.WaitForExitAsync(_limit.Token);
        return new ProgramResult(_process.ExitCode, output, error);
    }
}
