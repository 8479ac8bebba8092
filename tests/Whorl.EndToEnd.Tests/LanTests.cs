using System.Diagnostics;
using System.Text.Json;
using Whorl.EndToEnd.Tests.Program;

namespace Whorl.EndToEnd.Tests;

/// <summary>A swarm over the computers of one network, with the commands of the README and of the guide.</summary>
public sealed class LanTests
{
    private static readonly string[] Text = ["bard", "HAMLET.", "-n", "8", "-t", "0", "--threads", "1", "--json"];

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(150)).Token; // turns a hang into a failure

    [NetworkNamespaceFact(hasNat: false)]
    public async Task Three_computers_are_a_swarm_by_the_readme_s_commands()
    {
        await using NetworkPlaces places = new(Token);
        string[][] commands = ReadmeTests.SwarmCommands();
        (string first, string second, string third) = await ThreeAsync(places);
        Process node = places.StartWhorl(first, commands[0]);
        string address = await places.LineWithAsync(node, "[LAN]");
        Assert.StartsWith("/ip4/192.168.7.1/tcp/31337/p2p/", address, StringComparison.Ordinal);
        string[] Joined(string[] command) => [.. command.Select(word => word == "ADDRESS" ? address : word)];
        Assert.Contains("192.168.7.2", await places.LineWithAsync(places.StartWhorl(second, Joined(commands[1])), "[LAN]"), StringComparison.Ordinal);
        Assert.Contains("192.168.7.3", await places.LineWithAsync(places.StartWhorl(third, Joined(commands[2])), "[LAN]"), StringComparison.Ordinal);

        (int code, string output) = await places.RunWhorlAsync(first, [.. Joined(commands[3]), .. Text[2..]]);
        Assert.True(code == 0, output);
        await AssertSameAsAloneAsync(places, first, output);

        Process here = places.StartWhorl(second, "dht", "--listen", "127.0.0.1:0", "--initial-peers", address);
        while (await here.StandardError.ReadLineAsync(Token) is { } line && !line.Contains("this machine only", StringComparison.Ordinal))
        {
            Assert.NotNull(line);
        }

        Assert.False(here.HasExited); // it was told, and goes on
    }

    [NetworkNamespaceFact(hasNat: false)]
    public async Task With_lan_nobody_is_told_of_an_address()
    {
        await using NetworkPlaces places = new(Token);
        (string first, string second, string third) = await ThreeAsync(places);
        foreach ((string place, string blocks) in ((string, string)[])[(second, "0..2"), (third, "3..5")])
        {
            await places.LineWithAsync(places.StartWhorl(place, "serve", "bard", "--blocks", blocks, "--lan", "--threads", "1"), "listening on");
        }

        string output;
        while (true)
        {
            (int code, output) = await places.RunWhorlAsync(first, ["run", .. Text, "--lan"]);
            if (code == 0)
            {
                break; // before, the two servers may not have met yet
            }

            Token.ThrowIfCancellationRequested();
        }

        await AssertSameAsAloneAsync(places, first, output);
    }

    private static async Task<(string First, string Second, string Third)> ThreeAsync(NetworkPlaces places)
    {
        string first = await places.AddAsync("a"), second = await places.AddAsync("b"), third = await places.AddAsync("c");
        await places.SwitchAsync("sw", (first, "192.168.7.1/24"), (second, "192.168.7.2/24"), (third, "192.168.7.3/24"));
        return (first, second, third);
    }

    private static async Task AssertSameAsAloneAsync(NetworkPlaces places, string place, string through)
    {
        (int code, string alone) = await places.RunWhorlAsync(place, ["run", .. Text]);
        Assert.True(code == 0, alone);
        using JsonDocument one = JsonDocument.Parse(alone), many = JsonDocument.Parse(through);
        Assert.Equal(one.RootElement.GetProperty("text").GetString(), many.RootElement.GetProperty("text").GetString());
        Assert.Equal(2, many.RootElement.GetProperty("chain").GetArrayLength());
    }
}
