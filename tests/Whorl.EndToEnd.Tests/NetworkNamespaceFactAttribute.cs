using System.Diagnostics;

namespace Whorl.EndToEnd.Tests;

/// <summary>A test that runs where network namespaces may be made; skipped with the reason elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NetworkNamespaceFactAttribute : FactAttribute
{
    /// <param name="hasNat">Whether a NAT is made, which needs nftables.</param>
    public NetworkNamespaceFactAttribute(bool hasNat = true) => Skip = FindSkipReason(hasNat ? ["ip", "nft"] : ["ip"]);

    private static string? FindSkipReason(string[] tools)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "network namespaces are Linux's";
        }

        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"];
        if (tools.FirstOrDefault(tool => !folders.Any(folder => File.Exists(Path.Combine(folder, tool)))) is { } missing)
        {
            return $"there is no '{missing}' here: install iproute2 and, for a NAT, nftables";
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
