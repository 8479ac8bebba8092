using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SwarmBench;

/// <summary>The time a node that holds nothing takes to be ready, and its memory then.</summary>
internal static class EmptyNode
{
    public static async Task MeasureAsync(CancellationToken cancellationToken)
    {
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        ProcessStartInfo start = new(dotnet, [Path.Combine(AppContext.BaseDirectory, "whorl.dll"), "dht"]) { RedirectStandardOutput = true };
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        try
        {
            string? line = await process.StandardOutput.ReadLineAsync(cancellationToken);
            TimeSpan ready = Stopwatch.GetElapsedTime(began);
            process.Refresh();
            Console.WriteLine(line is null
                ? "whorl dht did not start"
                : $"whorl dht: ready in {ready.TotalSeconds:F2} s, {process.WorkingSet64 / 1e6:F0} MB resident (at most 1 s and 80 MB are wanted)");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(cancellationToken);
        }
    }
}
