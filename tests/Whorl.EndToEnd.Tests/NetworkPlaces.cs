using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Whorl.EndToEnd.Tests;

/// <summary>Network namespaces with their links, and the processes in them; all gone when disposed.</summary>
internal sealed class NetworkPlaces(CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly string _prefix = $"whorl{Environment.ProcessId}";
    private readonly List<string> _places = [];
    private readonly List<Process> _processes = [];

    private static string DotNet => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>Makes a namespace.</summary>
    /// <returns>Its whole name.</returns>
    public async Task<string> AddAsync(string name)
    {
        _places.Add(_prefix + name);
        await RunAsync("ip", ["netns", "add", _places[^1]]);
        await InAsync(_places[^1], "ip", "link", "set", "lo", "up");
        return _places[^1];
    }

    /// <summary>Joins two namespaces; the addresses have their network's length behind a slash.</summary>
    public async Task LinkAsync(string left, string leftName, string leftAddress, string right, string rightName, string rightAddress)
    {
        await InAsync(left, "ip", "link", "add", leftName, "type", "veth", "peer", "name", rightName, "netns", right);
        foreach ((string place, string name, string address) in ((string, string, string)[])[(left, leftName, leftAddress), (right, rightName, rightAddress)])
        {
            await InAsync(place, "ip", "addr", "add", address, "dev", name);
            await InAsync(place, "ip", "link", "set", name, "up");
        }
    }

    /// <summary>Joins namespaces in one network: a switch between them, as at home.</summary>
    /// <param name="name">The switch's name.</param>
    /// <param name="members">Each with its address and the network's length behind a slash.</param>
    public async Task SwitchAsync(string name, params (string Place, string Address)[] members)
    {
        string box = await AddAsync(name);
        await InAsync(box, "ip", "link", "add", "switch", "type", "bridge");
        await InAsync(box, "ip", "link", "set", "switch", "up");
        for (int i = 0; i < members.Length; i++)
        {
            (string place, string address) = members[i];
            await InAsync(box, "ip", "link", "add", $"port{i}", "type", "veth", "peer", "name", "lan", "netns", place);
            await InAsync(box, "ip", "link", "set", $"port{i}", "master", "switch");
            await InAsync(box, "ip", "link", "set", $"port{i}", "up");
            await InAsync(place, "ip", "addr", "add", address, "dev", "lan");
            await InAsync(place, "ip", "link", "set", "lan", "up");
        }
    }

    /// <summary>Has a namespace send what it does not know to a neighbour.</summary>
    public Task RouteAsync(string place, string gateway) => InAsync(place, "ip", "route", "add", "default", "via", gateway);

    /// <summary>Has a namespace pass on what is not for itself.</summary>
    public Task ForwardAsync(string place) => InAsync(place, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");

    /// <summary>Makes a NAT of a namespace: it keeps ports where it can, and lets in only what belongs to a connection from within.</summary>
    /// <param name="place">The namespace.</param>
    /// <param name="outside">Its link to the world.</param>
    /// <param name="inside">Its link to those behind it.</param>
    /// <param name="isSilent">Whether strangers get no answer at all, as at home routers; else they are refused.</param>
    public async Task NatAsync(string place, string outside, string inside, bool isSilent)
    {
        await ForwardAsync(place);
        foreach (string rule in (string[])
            [
                "add table ip t",
                "add chain ip t out { type nat hook postrouting priority 100 ; }",
                $"add rule ip t out oifname {outside} masquerade",
                "add chain ip t through { type filter hook forward priority 0 ; policy drop ; }",
                $"add rule ip t through iifname {inside} accept",
                "add rule ip t through ct state established,related accept",
                .. isSilent ? ["add chain ip t here { type filter hook input priority 0 ; policy drop ; }"] : Array.Empty<string>(),
            ])
        {
            await InAsync(place, "nft", rule);
        }
    }

    public Process StartWhorl(string place, params string[] arguments)
    {
        Process process = Start("ip", ["netns", "exec", place, DotNet, Path.Combine(AppContext.BaseDirectory, "whorl.dll"), .. arguments]);
        _processes.Add(process);
        return process;
    }

    /// <summary>The last word of the first line with a text in it that a process writes.</summary>
    public async Task<string> LineWithAsync(Process process, string text)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line.Split(' ')[^1];
            }
        }

        throw new InvalidOperationException($"it ended without '{text}': {await process.StandardError.ReadToEndAsync(cancellationToken)}");
    }

    /// <summary>Runs whorl to its end; its errors follow its output where it fails.</summary>
    public Task<(int Code, string Output)> RunWhorlAsync(string place, params string[] arguments) =>
        EndAsync(Start("ip", ["netns", "exec", place, DotNet, Path.Combine(AppContext.BaseDirectory, "whorl.dll"), .. arguments]), cancellationToken);

    /// <summary>Runs a program in a namespace.</summary>
    /// <returns>What it wrote.</returns>
    public Task<string> InAsync(string place, params string[] words) => RunAsync("ip", ["netns", "exec", place, .. words]);

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in _processes)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        foreach (string place in _places)
        {
            await EndAsync(Start("ip", ["netns", "del", place]), CancellationToken.None); // its links go with it; it may never have been made
        }
    }

    private async Task<string> RunAsync(string program, string[] arguments)
    {
        (int code, string output) = await EndAsync(Start(program, arguments), cancellationToken);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {output}");
        return output;
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
