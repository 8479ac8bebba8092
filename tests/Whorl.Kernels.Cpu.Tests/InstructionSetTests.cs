namespace Whorl.Kernels.Cpu.Tests;

public sealed class InstructionSetTests
{
    [Fact]
    public void The_leg_named_by_the_environment_is_the_leg_that_runs()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        switch (Environment.GetEnvironmentVariable("WHORL_TEST_ISA"))
        {
            case "scalar":
                Assert.Equal(InstructionSet.Scalar, backend.InstructionSet);
                break;
            case "v128":
                Assert.Equal(InstructionSet.Vector128, backend.InstructionSet);
                break;
            case "avx2":
                Assert.Equal(InstructionSet.Vector256, backend.InstructionSet);
                break;
            default:
                Assert.Equal(InstructionSets.Best, backend.InstructionSet);
                break;
        }
    }

    [Fact]
    public void A_backend_names_its_instruction_set_and_threads()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2 });
        Assert.Equal($"CPU, {InstructionSets.Best}, 2 threads", backend.Name);
    }
}
