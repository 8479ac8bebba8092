using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Whorl.EndToEnd.Tests;

/// <summary>A swarm over three places: a public one, one behind a NAT that lets nothing in, and a third that sees the public one only.</summary>
public sealed class NatTests
{
    private const string PublicAddress = "203.0.113.1";

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token; // turns a hang into a failure

    [NetworkNamespaceFact]
    public async Task A_server_behind_a_nat_is_reached_through_a_relay()
    {
        await using Places places = new();
        await places.BuildAsync(Token);
        Process relay = places.StartWhorl(places.Public, "dht", "--listen", PublicAddress + ":4001");
        string relayAddress = await LineWithAsync(relay, "/p2p/");
        Process server = places.StartWhorl(
            places.Hidden, "serve", "bard", "--listen", "0.0.0.0:4002", "--relay", relayAddress, "--initial-peers", relayAddress, "--threads", "1");
        Assert.Contains(PublicAddress, await LineWithAsync(server, "/p2p-circuit"), StringComparison.Ordinal);

        string[] request = ["run", "bard", "Once", "--max-tokens", "8", "--temperature", "0", "--threads", "1"];
        foreach (string address in (string[])[Places.HiddenAddress, Places.NatAddress])
        {
            (int direct, _) = await Places.RunWhorlAsync(places.Third, Token, [.. request, "--servers", address + ":4002"]);
            Assert.NotEqual(0, direct); // the NAT is one
        }

        (int localCode, string local) = await Places.RunWhorlAsync(places.Third, Token, request);
        (int code, string remote) = await Places.RunWhorlAsync(places.Third, Token, [.. request, "--initial-peers", relayAddress]);
        Assert.True(localCode == 0 && code == 0, local + remote);
        Assert.NotEmpty(local.Trim());
        Assert.Equal(local, remote);
    }

    /// <summary>The last word of the first line with a text in it.</summary>
    private async Task<string> LineWithAsync(Process process, string text)
    {
        while (await process.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line.Split(' ')[^1];
            }
        }

        throw new InvalidOperationException($"it ended without '{text}': {await process.StandardError.ReadToEndAsync(Token)}");
    }

    /// <summary>Runs where namespaces may be made.</summary>
    private sealed class NetworkNamespaceFactAttribute : FactAttribute
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

    /// <summary>The namespaces with their links, and the processes in them; all gone when disposed.</summary>
    private sealed class Places : IAsyncDisposable
    {
        public const string HiddenAddress = "192.168.77.2";

        public const string NatAddress = "203.0.113.2";

        private readonly string _prefix = $"whorl{Environment.ProcessId}";
        private readonly List<Process> _processes = [];

        public string Public => _prefix + "pub";

        public string Third => _prefix + "third";

        public string Hidden => _prefix + "hid";

        private string Nat => _prefix + "nat";

        public async Task BuildAsync(CancellationToken cancellationToken)
        {
            foreach (string place in (string[])[Public, Third, Hidden, Nat])
            {
                await RunAsync("ip", ["netns", "add", place], cancellationToken);
                await InAsync(place, cancellationToken, "ip", "link", "set", "lo", "up");
            }

            await LinkAsync(Public, "pn", PublicAddress + "/24", Nat, "np", NatAddress + "/24", cancellationToken);
            await LinkAsync(Public, "pt", "198.51.100.1/24", Third, "tp", "198.51.100.2/24", cancellationToken);
            await LinkAsync(Nat, "nh", "192.168.77.1/24", Hidden, "hn", HiddenAddress + "/24", cancellationToken);
            await InAsync(Third, cancellationToken, "ip", "route", "add", "default", "via", "198.51.100.1");
            await InAsync(Hidden, cancellationToken, "ip", "route", "add", "default", "via", "192.168.77.1");
            await InAsync(Nat, cancellationToken, "ip", "route", "add", "default", "via", PublicAddress);
            foreach (string router in (string[])[Public, Nat])
            {
                await InAsync(router, cancellationToken, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
            }

            foreach (string rule in (string[])
                [
                    "add table ip t",
                    "add chain ip t out { type nat hook postrouting priority 100 ; }",
                    "add rule ip t out oifname np masquerade",
                    "add chain ip t through { type filter hook forward priority 0 ; policy drop ; }",
                    "add rule ip t through iifname nh accept",
                    "add rule ip t through ct state established,related accept",
                ])
            {
                await InAsync(Nat, cancellationToken, "nft", rule);
            }
        }

        public Process StartWhorl(string place, params string[] arguments)
        {
            Process process = Start("ip", ["netns", "exec", place, DotNet, Path.Combine(AppContext.BaseDirectory, "whorl.dll"), .. arguments]);
            _processes.Add(process);
            return process;
        }

        /// <summary>Runs whorl to its end; its errors follow its output where it fails.</summary>
        public static Task<(int Code, string Output)> RunWhorlAsync(string place, CancellationToken cancellationToken, params string[] arguments) =>
            EndAsync(Start("ip", ["netns", "exec", place, DotNet, Path.Combine(AppContext.BaseDirectory, "whorl.dll"), .. arguments]), cancellationToken);

        public async ValueTask DisposeAsync()
        {
            foreach (Process process in _processes)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
                process.Dispose();
            }

            foreach (string place in (string[])[Public, Third, Hidden, Nat])
            {
                await EndAsync(Start("ip", ["netns", "del", place]), CancellationToken.None); // its links go with it; it may never have been made
            }
        }

        private static string DotNet => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

        private static async Task LinkAsync(
            string left, string leftName, string leftAddress, string right, string rightName, string rightAddress, CancellationToken cancellationToken)
        {
            await InAsync(left, cancellationToken, "ip", "link", "add", leftName, "type", "veth", "peer", "name", rightName, "netns", right);
            foreach ((string place, string name, string address) in ((string, string, string)[])[(left, leftName, leftAddress), (right, rightName, rightAddress)])
            {
                await InAsync(place, cancellationToken, "ip", "addr", "add", address, "dev", name);
                await InAsync(place, cancellationToken, "ip", "link", "set", name, "up");
            }
        }

        private static Task InAsync(string place, CancellationToken cancellationToken, params string[] words) =>
            RunAsync("ip", ["netns", "exec", place, .. words], cancellationToken);

        private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
        {
            (int code, string output) = await EndAsync(Start(program, arguments), cancellationToken);
            Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {output}");
        }

        private static Process Start(string program, string[] arguments) =>
            Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

        private static async Task<(int Code, string Output)> EndAsync(Process started, CancellationToken cancellationToken)
        {
            using Process process = started;
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
                string errors = await process.StandardError.ReadToEndAsync(cancellationToken);
                await process.WaitForExitAsync(cancellationToken);
                return (process.ExitCode, await output + (process.ExitCode == 0 ? "" : errors));
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }
}
