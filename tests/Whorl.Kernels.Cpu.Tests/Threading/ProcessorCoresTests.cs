using Whorl.Kernels.Cpu.Threading;

namespace Whorl.Kernels.Cpu.Tests.Threading;

public sealed class ProcessorCoresTests
{
    [Fact]
    public void Two_threads_of_one_core_count_once()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("whorl");
        try
        {
            foreach ((int cpu, string siblings) in new[] { (0, "0,2"), (1, "1,3"), (2, "0,2"), (3, "1,3") })
            {
                string topology = Path.Combine(folder.FullName, $"cpu{cpu}", "topology");
                Directory.CreateDirectory(topology);
                File.WriteAllText(Path.Combine(topology, "thread_siblings_list"), siblings + "\n");
            }

            Assert.Equal(2, ProcessorCores.CountOf(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Where_the_system_does_not_tell_every_processor_counts()
    {
        Assert.Equal(int.MaxValue, ProcessorCores.CountOf("no such folder"));
        Assert.InRange(ProcessorCores.Count, 1, Environment.ProcessorCount);
    }
}
