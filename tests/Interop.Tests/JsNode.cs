using System.Diagnostics;
using System.Text.Json.Nodes;
using Whorl.P2P;
using Whorl.Testing;

namespace Interop.Tests;

/// <summary>A js-libp2p node in a process of its own, driven by lines of JSON (js/node.mjs).</summary>
internal sealed class JsNode : IAsyncDisposable
{
    private readonly Process _process;
    private bool _ended;

    private JsNode(Process process) => _process = process;

    /// <summary>Why the tests cannot run here; null where they can.</summary>
    public static string? SkipReason { get; } = FindSkipReason();

    public PeerId Id { get; private set; } = null!;

    /// <summary>Its first address, where it has one, with its id.</summary>
    public PeerAddress Address { get; private set; } = null!;

    private static string Folder => Path.Combine(ReferenceData.Checkout, "tests", "Interop.Tests", "js");

    /// <summary>Starts a node and waits until it listens.</summary>
    /// <param name="security">noise or tls.</param>
    /// <param name="key">Ed25519 or RSA.</param>
    /// <param name="roles">As node.mjs lists them.</param>
    public static Task<JsNode> StartAsync(string security, string key, params string[] roles) => StartAsync(["node", "node.mjs", security, key, .. roles]);

    /// <summary>Starts a node with Noise and Ed25519 in a network namespace.</summary>
    public static Task<JsNode> StartInAsync(NetworkNamespace place, params string[] roles) =>
        StartAsync(["ip", "netns", "exec", place.Name, "node", "node.mjs", "noise", "Ed25519", .. roles]);

    private static async Task<JsNode> StartAsync(string[] command)
    {
        ProcessStartInfo start = new(command[0], command[1..])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        JsNode node = new(Process.Start(start)!);
        node._process.ErrorDataReceived += (_, line) => Trace.WriteLine(line.Data);
        node._process.BeginErrorReadLine();
        JsonObject ready = await node.ReadAsync();
        node.Id = PeerId.Parse(ready["id"]!.GetValue<string>());
        node.Address = new PeerAddress(node.Id, ready["addresses"]!.AsArray().Select(address => Multiaddress.Parse(address!.GetValue<string>())).Take(1));
        return node;
    }

    /// <summary>Has the node do something and gives its answer.</summary>
    /// <exception cref="IOException">It could not: the message is its own.</exception>
    public async Task<JsonObject> CallAsync(string command, params (string Name, JsonNode Value)[] arguments)
    {
        JsonObject message = new() { ["command"] = command };
        foreach ((string name, JsonNode value) in arguments)
        {
            message[name] = value;
        }

        await _process.StandardInput.WriteLineAsync(message.ToJsonString());
        await _process.StandardInput.FlushAsync();
        JsonObject answer = await ReadAsync();
        return answer["error"] is { } error ? throw new IOException($"js {command}: {error}") : answer;
    }

    public async ValueTask DisposeAsync()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<JsonObject> ReadAsync()
    {
        using CancellationTokenSource hang = new(TimeSpan.FromSeconds(120));
        string line = await _process.StandardOutput.ReadLineAsync(hang.Token) ?? throw new IOException("the js node has ended");
        return JsonNode.Parse(line)!.AsObject();
    }

    private static string? FindSkipReason()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "libp2p")))
        {
            return "js-libp2p is not installed: run 'npm ci' in tests/Interop.Tests/js";
        }

        bool hasNode = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node")));
        return hasNode ? null : "there is no node on the PATH";
    }
}
