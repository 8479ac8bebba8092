using BenchmarkDotNet.Attributes;
using Whorl.Kernels.Cpu;
using Whorl.Kernels.Cpu.Memory;
using Whorl.Tensors;

namespace Whorl.Benchmarks;

/// <summary>Norms, softmax, rotation and gates on rows of 2048, on one thread; the scalar form is the baseline.</summary>
public class RowBenchmarks : IDisposable
{
    private const int Columns = 2048;
    private Parameter _weight = null!;
    private readonly RopeTable[] _ropes = [new(Enumerable.Range(0, 32).Select(i => (float)PortableMath.Pow(10000, -i / 32.0)).ToArray())];
    private CpuBackend _backend = null!;
    private Tensor _x;
    private readonly StepLayout _layout = new();

    [Params(1, 128)]
    public int Rows { get; set; }

    /// <summary>The instruction set's name; the scalar form is the definition.</summary>
    [Params(nameof(InstructionSet.Scalar), nameof(InstructionSet.Vector256), nameof(InstructionSet.Vector512))]
    public string Set { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend(new CpuBackendOptions { Threads = 1 }, Enum.Parse<InstructionSet>(Set));
        _weight = _backend.CreateParameter(new float[Columns]);
        _x = _backend.Rent(Rows, Columns);
        var random = new Random(1);
        foreach (ref float value in _x.Span)
        {
            value = (6 * random.NextSingle()) - 3;
        }

        _layout.AddChain(0, Rows);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _backend.Dispose();
        _weight.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void RmsNorm() => Run(() => _backend.RmsNorm(_x, _weight, 1e-5f));

    [Benchmark]
    public void LayerNorm() => Run(() => _backend.LayerNorm(_x, _weight, _weight, 1e-5f));

    [Benchmark]
    public void Softmax() => Run(() => _backend.Softmax(_x));

    [Benchmark]
    public void Rotate() => Run(() => _backend.Rotate(_x, 64, _ropes, _layout));

    [Benchmark]
    public void SiluGate() => Run(() => _backend.Gate(Activation.Silu, _x, _x));

    [Benchmark]
    public void GeluGate() => Run(() => _backend.Gate(Activation.GeluErf, _x, _x));

    private void Run(Func<Tensor> operation)
    {
        long mark = _backend.Mark();
        operation();
        _backend.Release(mark);
    }
}
