using System.Globalization;

namespace Whorl.Kernels.Cpu.Threading;

/// <summary>How many cores there are to compute with.</summary>
/// <remarks>Two threads of one core share its multipliers, so a second one brings nothing but waiting.</remarks>
internal static class ProcessorCores
{
    /// <summary>Cores, not hardware threads, where the system tells (Linux); never more than this process may use.</summary>
    public static int Count { get; } = Math.Clamp(CountOf("/sys/devices/system/cpu"), 1, Environment.ProcessorCount);

    /// <summary>Distinct cores listed in Linux's description of the processors; a huge number where there is none.</summary>
    /// <param name="folder">The folder with <c>cpu0</c>, <c>cpu1</c>, ...</param>
    internal static int CountOf(string folder)
    {
        var cores = new HashSet<string>();
        for (int cpu = 0; ; cpu++)
        {
            string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"cpu{cpu}"),
                "topology", "thread_siblings_list");
            if (!File.Exists(path))
            {
                return cores.Count == 0 ? int.MaxValue : cores.Count;
            }

            cores.Add(File.ReadAllText(path));
        }
    }
}
