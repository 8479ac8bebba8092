using System.Diagnostics;

namespace Whorl.EndToEnd.Tests;

/// <summary>A test that runs where network namespaces may be made; skipped with the reason elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NetworkNamespaceFactAttribute : FactAttribute
{
    public NetworkNamespaceFactAttribute() => Skip = FindSkipReason();

    private static string? FindSkipReason()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "network namespaces are Linux's";
        }

        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"];
        if (new[] { "ip", "nft" }.FirstOrDefault(tool => !folders.Any(folder => File.Exists(Path.Combine(folder, tool)))) is { } missing)
        {
            return $"there is no '{missing}' here: install iproute2 and nftables";
        }

        string name = $"whorl-{Environment.ProcessId}-try";
        using Process add = Process.Start(new ProcessStartInfo("ip", ["netns", "add", name]) { RedirectStandardError = true })!;
        string error = add.StandardError.ReadToEnd();
        add.WaitForExit();
        if (add.ExitCode != 0)
        {
            return $"network namespaces are not allowed here: {error.Trim()}";
        }

        using Process delete = Process.Start("ip", ["netns", "del", name]);
        delete.WaitForExit();
        return null;
    }
}
