using System.Diagnostics;
using System.Text;

namespace Whorl.Cli.Tests.Chat;

/// <summary>The program on a terminal.</summary>
public sealed class PseudoTerminalTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [PseudoTerminalFact]
    public async Task A_chat_on_a_terminal_edits_pastes_answers_and_ends()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "whorl.dll"), folder = Directory.CreateTempSubdirectory("whorl-terminal-").FullName;
        string saved = Path.Combine(folder, "talk.json"), history = Path.Combine(folder, "history");
        ProcessStartInfo start = new("script", ["-qec", $"dotnet '{program}' run bard -n 3 --seed 7 --threads 1", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TERM"] = "xterm", ["WHORL_HISTORY"] = history, ["NO_COLOR"] = "1" },
        };
        using CancellationTokenSource limit = new(Limit);
        using Process process = Process.Start(start)!;
        StringBuilder seen = new();
        try
        {
            await UntilAsync("> ");
            await TypeAsync("Wo art thou?\x01\e[C\e[C\u007fho\r"); // Ctrl-A, right, right, backspace: "Wo" becomes "Who"
            await UntilAsync("[3 tokens");
            await UntilAsync("> ");
            await TypeAsync("\e[200~one\rtwo 日本\e[201~\r");
            await UntilAsync("[3 tokens");
            await UntilAsync("> ");
            await TypeAsync("x\x03");
            await UntilAsync("Ctrl-C again");
            await UntilAsync("> ");
            await TypeAsync($"/save {saved}\r");
            await UntilAsync("4 messages");
            await UntilAsync("> ");
            await TypeAsync("\x04");
            await process.WaitForExitAsync(limit.Token);
            Assert.Equal(0, process.ExitCode);
            string json = await File.ReadAllTextAsync(saved);
            Assert.Contains("\"Who art thou?\"", json, StringComparison.Ordinal);
            Assert.Contains("\"one\\ntwo 日本\"", json, StringComparison.Ordinal);
            Assert.Equal(3, (await File.ReadAllLinesAsync(history)).Length);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            Directory.Delete(folder, recursive: true);
        }

        async Task TypeAsync(string keys)
        {
            seen.Clear();
            await process.StandardInput.WriteAsync(keys.AsMemory(), limit.Token);
            await process.StandardInput.FlushAsync(limit.Token);
        }

        async Task UntilAsync(string text)
        {
            char[] buffer = new char[1024];
            while (!seen.ToString().Contains(text, StringComparison.Ordinal))
            {
                int read = await process.StandardOutput.ReadAsync(buffer, limit.Token);
                Assert.True(read > 0, $"the program ended without '{text}': {seen}");
                seen.Append(buffer, 0, read);
            }

            seen.Remove(0, seen.ToString().IndexOf(text, StringComparison.Ordinal) + text.Length);
        }
    }
}
