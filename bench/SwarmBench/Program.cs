using SwarmBench;

// All measurements, or those that are named: token, push, throughput, node; or one of gap MODEL [BLOCKS], batch MODEL, recovery [TIMES],
// table1 MODEL [MILLISECONDS].
Console.WriteLine($"{Environment.ProcessorCount} cores, load {(File.Exists("/proc/loadavg") ? (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0] : "unknown")}");
if (Wanted("token"))
{
    await TokenCost.MeasureAsync(CancellationToken.None);
}

if (Wanted("push"))
{
    await PushedChain.MeasureAsync(CancellationToken.None);
}

if (Wanted("throughput"))
{
    await Throughput.MeasureAsync(CancellationToken.None);
}

if (Wanted("node"))
{
    await EmptyNode.MeasureAsync(CancellationToken.None);
}

if (args is ["gap", var model, ..])
{
    await DecodeGap.MeasureAsync(model, args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 0);
}

if (args is ["recovery", ..])
{
    await RecoveryPause.MeasureAsync(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 40);
}

if (args is ["batch", var split])
{
    await Batch.MeasureAsync(split);
}

if (args is ["table1", var path, ..])
{
    int milliseconds = args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 0;
    await FailureTable.MeasureAsync(path, TimeSpan.FromMilliseconds(milliseconds));
}

bool Wanted(string name) => args.Length == 0 || args.Contains(name);
