using BenchmarkDotNet.Attributes;
using Whorl.Kernels.Cpu;
using Whorl.Tensors;

namespace Whorl.Benchmarks;

/// <summary>Attention of one layer: a token decoded after some past, and a prefill.</summary>
/// <remarks>Floating-point operations: 4 · Heads · head size a visible key and row. Decoding reads 8 bytes a past token, key head and dimension.</remarks>
[MemoryDiagnoser]
public class AttentionBenchmarks : IDisposable
{
    private readonly StepLayout _layout = new();
    private CpuBackend _backend = null!;
    private KeyValueStore[] _stores = null!;
    private AttentionSpec _spec = null!;
    private Tensor _q;
    private Tensor _k;

    /// <summary>Query heads / key heads × head size: SmolLM2-135M, TinyLlama, Llama 3 8B, Falcon 7B.</summary>
    [Params("9/3x64", "32/4x64", "32/8x128", "71/1x64")]
    public string Shape { get; set; } = "";

    /// <summary>Past tokens + new ones.</summary>
    [Params("512+1", "4096+1", "0+512")]
    public string Tokens { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        int[] shape = [.. Shape.Split('/', 'x').Select(int.Parse)], tokens = [.. Tokens.Split('+').Select(int.Parse)];
        _spec = new AttentionSpec { Heads = shape[0], KeyValueHeads = shape[1], KeySize = shape[2], ValueSize = shape[2], Scale = 0.125f };
        _backend = new CpuBackend(new CpuBackendOptions { Threads = Threads });
        _stores = [_backend.CreateKeyValueStore(_spec, tokens[0] + tokens[1])];
        Fill(0, tokens[0]);
        if (tokens[0] > 0)
        {
            _backend.Attention(_q, _k, _k, _spec, _layout, _stores);
        }

        Fill(tokens[0], tokens[1]);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _stores[0].Dispose();
        _backend.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Attend()
    {
        long mark = _backend.Mark();
        _backend.Attention(_q, _k, _k, _spec, _layout, _stores);
        _backend.Release(mark);
    }

    private void Fill(int past, int rows)
    {
        var random = new Random(1);
        _q = _backend.Rent(rows, _spec.Heads * _spec.KeySize);
        _k = _backend.Rent(rows, _spec.KeyValueHeads * _spec.KeySize);
        foreach (Tensor tensor in (Tensor[])[_q, _k])
        {
            float[] values = new float[tensor.Length];
            foreach (ref float value in values.AsSpan())
            {
                value = random.NextSingle() - 0.5f;
            }

            _backend.Upload(values, tensor);
        }

        _layout.Clear();
        _layout.AddChain(past, rows);
    }
}
