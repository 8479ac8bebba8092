using System.Diagnostics;

namespace Interop.Tests;

/// <summary>
/// A network namespace that a link joins to this one, with an address on either side that counts as public: js-libp2p neither asks nor tells about
/// private ones.
/// </summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    /// <summary>This side's end of the link.</summary>
    public const string NearAddress = "11.99.0.1";

    /// <summary>The address within the namespace.</summary>
    public const string FarAddress = "11.99.0.2";

    private readonly string _link = $"wi{Environment.ProcessId}";

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? SkipReason { get; } = FindSkipReason();

    public string Name { get; } = $"whorl-interop-{Environment.ProcessId}";

    public async Task BuildAsync(CancellationToken cancellationToken)
    {
        foreach (string[] words in (string[][])
            [
                ["netns", "add", Name],
                ["link", "add", _link, "type", "veth", "peer", "name", "far", "netns", Name],
                ["addr", "add", NearAddress + "/30", "dev", _link],
                ["link", "set", _link, "up"],
                ["-n", Name, "addr", "add", FarAddress + "/30", "dev", "far"],
                ["-n", Name, "link", "set", "far", "up"],
                ["-n", Name, "link", "set", "lo", "up"],
            ])
        {
            (int code, string error) = await RunAsync(words, cancellationToken);
            Assert.True(code == 0, $"ip {string.Join(' ', words)}: {error}");
        }
    }

    /// <summary>Takes the namespace away, and its link with it; it may never have been made.</summary>
    public async ValueTask DisposeAsync() => await RunAsync(["netns", "del", Name], CancellationToken.None);

    private static string? FindSkipReason()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "network namespaces are Linux's";
        }

        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "ip"))))
        {
            return "there is no 'ip' on the PATH: install iproute2";
        }

        string name = $"whorl-interop-{Environment.ProcessId}-try";
        using Process add = Start(["netns", "add", name]);
        string error = add.StandardError.ReadToEnd();
        add.WaitForExit();
        using Process delete = Start(["netns", "del", name]);
        delete.WaitForExit();
        return add.ExitCode == 0 ? null : $"network namespaces are not allowed here: {error.Trim()}";
    }

    private static Process Start(string[] words) => Process.Start(new ProcessStartInfo("ip", words) { RedirectStandardError = true })!;

    private static async Task<(int Code, string Error)> RunAsync(string[] words, CancellationToken cancellationToken)
    {
        using Process process = Start(words);
        string error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, error);
    }
}
