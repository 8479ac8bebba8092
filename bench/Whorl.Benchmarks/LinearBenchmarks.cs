using BenchmarkDotNet.Attributes;
using Whorl.Kernels.Cpu;
using Whorl.Kernels.Cpu.Memory;
using Whorl.Tensors;

namespace Whorl.Benchmarks;

/// <summary>The linear layers of one block of a 1.1B Llama (2048 wide, 5632 within), on one thread; weights of zeros, which take as long as others.</summary>
/// <remarks>A call reads 44 M weights. On a roof: bytes of the type by the memory's rate for few rows, 88 M operations a row by the multipliers' for many.</remarks>
public class LinearBenchmarks : IDisposable
{
    private readonly Tensor[] _y = new Tensor[3];
    private CpuBackend _backend = null!;
    private LinearWeight[] _attention = [];
    private LinearWeight[] _gates = [];
    private LinearWeight _output = null!;
    private LinearWeight _down = null!;
    private Tensor _x;
    private Tensor _wide;

    [Params(ElementType.Q4_0, ElementType.Q4_1, ElementType.Q4_K, ElementType.Q8_0, ElementType.BF16)]
    public ElementType Type { get; set; }

    [Params(1, 4, 128)]
    public int Rows { get; set; }

    /// <summary>The instruction set's name.</summary>
    [Params(nameof(InstructionSet.Vector128), nameof(InstructionSet.Vector256), nameof(InstructionSet.Vector512))]
    public string Set { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend(new CpuBackendOptions { Threads = 1 }, Enum.Parse<InstructionSet>(Set));
        _attention = [Weight(2048, 2048), Weight(256, 2048), Weight(256, 2048)];
        _output = Weight(2048, 2048);
        _gates = [Weight(5632, 2048), Weight(5632, 2048)];
        _down = Weight(2048, 5632);
        (_x, _wide) = (_backend.Rent(Rows, 2048), _backend.Rent(Rows, 5632));
        _x.Span.Fill(1);
        _wide.Span.Fill(1);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (LinearWeight weight in (LinearWeight[])[.. _attention, .. _gates, _output, _down])
        {
            weight.Dispose();
        }

        _backend.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Block()
    {
        long mark = _backend.Mark();
        _backend.Linear(_x, _attention, _y);
        _backend.Linear(_x, _output, _x);
        _backend.Linear(_x, _gates, _y.AsSpan(0, 2));
        _backend.Linear(_wide, _down, _x);
        _backend.Release(mark);
    }

    private LinearWeight Weight(int rows, int columns) =>
        new(_backend.Pack(Type, rows, columns, new byte[rows * ElementTypes.Info(Type).BytesFor(columns)]));
}
