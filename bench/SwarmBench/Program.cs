using SwarmBench;

// All measurements, or those that are named: token, throughput, node.
Console.WriteLine($"{Environment.ProcessorCount} cores, load {(File.Exists("/proc/loadavg") ? (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0] : "unknown")}");
if (Wanted("token"))
{
    await TokenCost.MeasureAsync(CancellationToken.None);
}

if (Wanted("throughput"))
{
    await Throughput.MeasureAsync(CancellationToken.None);
}

if (Wanted("node"))
{
    await EmptyNode.MeasureAsync(CancellationToken.None);
}

bool Wanted(string name) => args.Length == 0 || args.Contains(name);
