using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>The built program in a process of its own. Whatever it starts is marked, so that a test can see what it left behind.</summary>
internal sealed class WhorlProcess : IAsyncDisposable
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    private const string MarkName = "WHORL_TEST_MARK";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>What programs of this test run remember; not the user's own.</summary>
    private static readonly DirectoryInfo Cache = MakeCache();

    private readonly Process _process;
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly StringBuilder _output = new();
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly Task<string> _errors;
    private bool _isUnread;

    private WhorlProcess(string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "whorl.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[MarkName] = _mark;
        start.Environment.TryAdd("WHORL_CACHE", Cache.FullName);
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync(_limit.Token);
    }

    private static DirectoryInfo MakeCache()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("whorl-tests-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        return folder;
    }

    /// <summary>Starts it.</summary>
    public static WhorlProcess Start(params string[] arguments) => new(arguments);

    /// <summary>Runs it to its end, and checks that nothing is left of it.</summary>
    public static async Task<ProgramResult> RunAsync(params string[] arguments)
    {
        await using WhorlProcess process = new(arguments);
        process.EndInput();
        return await process.EndAsync();
    }

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <returns>The server, and where it listens.</returns>
    public static async Task<(WhorlProcess Server, string Address)> ServeAsync(params string[] arguments)
    {
        WhorlProcess server = new(["serve", .. arguments]);
        string line = await server.ReadLineAsync() ?? throw new InvalidOperationException($"the server did not start: {(await server.EndAsync()).Error}");
        return (server, line.Split(',')[0]["listening on ".Length..]);
    }

    /// <summary>The next line of its standard output; null at the end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        string? line = await _process.StandardOutput.ReadLineAsync(_limit.Token);
        _output.Append(line).Append('\n');
        return line;
    }

    /// <summary>Reads its standard output until so many characters have come.</summary>
    public async Task ReadAsync(int characters)
    {
        char[] buffer = new char[256];
        for (int wanted = _output.Length + characters; _output.Length < wanted;)
        {
            int read = await _process.StandardOutput.ReadAsync(buffer, _limit.Token);
            Assert.NotEqual(0, read);
            _output.Append(buffer, 0, read);
        }
    }

    /// <summary>Writes a line to its standard input.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), _limit.Token);
        await _process.StandardInput.FlushAsync(_limit.Token);
    }

    /// <summary>Closes its standard input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Reads its standard output no further.</summary>
    public void CloseOutput()
    {
        _process.StandardOutput.Close();
        _isUnread = true;
    }

    /// <summary>Sends a signal to the process alone, not to what it started.</summary>
    public void Signal(int number) => Assert.Equal(0, SendSignal(_process.Id, number));

    /// <summary>Waits for its end, and checks that nothing is left of it.</summary>
    public async Task<ProgramResult> EndAsync()
    {
        string output = _isUnread ? "" : await _process.StandardOutput.ReadToEndAsync(_limit.Token), error = await _errors;
        await _process.WaitForExitAsync(_limit.Token);
        await AssertNothingLeftAsync();
        return new ProgramResult(_process.ExitCode, _output + output, error);
    }

    /// <summary>Waits until no process bears the mark; fails where one goes on.</summary>
    public async Task AssertNothingLeftAsync()
    {
        for (int attempt = 0; attempt < 100 && Marked().Any(); attempt++)
        {
            await Task.Delay(50); // a child that was told to stop needs a moment
        }

        Assert.Empty(Marked());
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

    /// <summary>Ids of running processes that bear the mark; where the system does not tell, none.</summary>
    private IEnumerable<int> Marked()
    {
        string mark = $"{MarkName}={_mark}";
        foreach (string folder in OperatingSystem.IsLinux() ? Directory.GetDirectories("/proc") : [])
        {
            if (int.TryParse(Path.GetFileName(folder), out int id) && EnvironmentOf(folder).Contains(mark, StringComparison.Ordinal))
            {
                yield return id;
            }
        }
    }

    private static string EnvironmentOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended, or is another user's
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
