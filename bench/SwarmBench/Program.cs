using SwarmBench;

Console.WriteLine($"{Environment.ProcessorCount} cores, load {(File.Exists("/proc/loadavg") ? (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0] : "unknown")}");
await TokenCost.MeasureAsync(CancellationToken.None);
await Throughput.MeasureAsync(CancellationToken.None);
await EmptyNode.MeasureAsync(CancellationToken.None);
