// The promise: failure is routine. A server is killed in the middle of a text, nobody else holds its blocks, and it is started again a second later: the
// text pauses, goes on, and is the same, byte for byte.
//   survives-kills bard "HAMLET." artifacts/bin/Whorl.Cli/release/whorl.dll
using System.Diagnostics;
using Whorl;
using Whorl.Client.Recovery;

(string name, string prompt, string whorl) = (args[0], args[1], args[2]);
TextOptions options = new() { MaxTokens = 600, IgnoreEndTokens = true, Seed = 7 };
await using LanguageModel here = await LanguageModel.LoadAsync(name);
TextResult undisturbed = await here.GenerateAsync(prompt, options).ToResultAsync();

(Process first, string left) = await ServeAsync("0..2", "127.0.0.1:0");
(Process second, string right) = await ServeAsync("3..5", "127.0.0.1:0");
Task restarting = Task.CompletedTask;
await using (LanguageModel there = await LanguageModel.ConnectAsync(name, new ConnectOptions { Servers = [left, right], ComputesLostBlocks = false }))
{
    GeneratedText text = there.GenerateAsync(prompt, options);
    int pieces = 0;
    await foreach (string piece in text)
    {
        Console.Write(piece);
        if (++pieces == 20)
        {
            second.Kill();
            Console.Write("[server killed]");
            restarting = Task.Run(async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                (second, _) = await ServeAsync("3..5", right);
            });
        }
    }

    await restarting;
    TextResult disturbed = text.Result;
    Console.WriteLine();
    foreach (SessionRecovery recovery in disturbed.Recoveries)
    {
        Console.WriteLine($"blocks {recovery.Range} were lost and came back: {recovery.ReplayedTokens} tokens computed again");
    }

    Console.WriteLine(disturbed.Text == undisturbed.Text ? "the same bytes as undisturbed" : "OTHER BYTES than undisturbed");
}

first.Kill();
second.Kill();

// Starts a server of some blocks, and waits until it listens.
async Task<(Process Server, string Address)> ServeAsync(string blocks, string listen)
{
    ProcessStartInfo start = new("dotnet", [whorl, "serve", name, "--blocks", blocks, "--listen", listen, "--until-input-ends", "--log-level", "error"])
    {
        RedirectStandardInput = true, // whose end, this program's, is also the server's
        RedirectStandardOutput = true,
    };
    Process server = Process.Start(start)!;
    string line = await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the server did not start");
    return (server, line["listening on ".Length..line.IndexOf(',')]);
}
