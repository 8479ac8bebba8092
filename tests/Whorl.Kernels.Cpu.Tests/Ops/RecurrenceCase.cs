using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

/// <summary>A text's inputs to one of the recurrences, and what comes out in float64, token by token as the formula says.</summary>
internal sealed class RecurrenceCase : IDisposable
{
    private const int Heads = 3;
    private const int Width = 21; // of a head: one strip and a rest
    private const int Channels = Heads * Width;
    private const int Size = 6; // of a channel's state: four and a rest
    private const int Taps = 4;
    private readonly string _name;
    private readonly int _length;
    private readonly float[][] _inputs;
    private readonly Parameter _convolution = Parameters.Of(Numbers.Random(Taps * Channels, 91), Taps);
    private readonly Parameter _bias = Parameters.Of(Numbers.Random(Channels, 92));
    private readonly Parameter _rates = Parameters.Of(Array.ConvertAll(Numbers.Random(Size * Channels, 93), v => -Math.Abs(v)), Size);
    private readonly Parameter _headRates = Parameters.Of([-0.7f, -0.01f, -2f]);
    private readonly Parameter _direct = Parameters.Of(Numbers.Random(Channels, 94));
    private readonly Parameter _headDirect = Parameters.Of(Numbers.Random(Heads, 95));

    public RecurrenceCase(string name, int length)
    {
        (_name, _length) = (name, length);
        _inputs = name switch
        {
            "previous" or "convolution" => [Make(Channels, 1)],
            "scan" => [Make(Channels, 1), Positive(Channels), Make(Size, 3), Make(Size, 4)],
            "scan by head" => [Make(Channels, 1), Positive(Heads), Make(Heads * Size, 3), Make(Heads * Size, 4)],
            _ =>
            [
                Make(Channels, 1), Array.ConvertAll(Positive(Channels), v => -v), Make(Channels, 3), Make(Channels, 4),
                Make(Channels, 5, 0.2f), Make(Channels, 6, 0.2f),
            ],
        };
    }

    public static TheoryData<string> Names => ["previous", "convolution", "scan", "scan by head", "delta rule"];

    public StateStore CreateState() => new CpuStateStore(_name switch
    {
        "previous" => Channels,
        "convolution" => (Taps - 1) * Channels,
        "delta rule" => Channels * Width,
        _ => Channels * Size,
    });

    /// <summary>One step with these tokens of the text as its rows.</summary>
    public float[] Step(CpuBackend backend, StepLayout layout, StateStore[] states, params int[] tokens)
    {
        long mark = backend.Mark();
        Tensor[] t = [.. _inputs.Select(values => Rows(backend, values, tokens))];
        Tensor y = _name switch
        {
            "previous" => backend.Previous(t[0], layout, states),
            "convolution" => backend.CausalConvolution(t[0], _convolution, _bias, layout, states),
            "scan" => backend.SelectiveScan(t[0], t[1], t[2], t[3], _rates, _direct, layout, states),
            "scan by head" => backend.SelectiveScanByHead(t[0], t[1], t[2], t[3], _headRates, _headDirect, Heads, layout, states),
            _ => backend.DeltaRuleScan(t[0], t[1], t[2], t[3], t[4], t[5], Width, layout, states),
        };
        float[] result = y.Span.ToArray();
        backend.Release(mark);
        return result;
    }

    /// <summary>The whole text, cut into steps of these many tokens.</summary>
    public float[] Run(CpuBackend backend, params int[] chunks)
    {
        using StateStore state = CreateState();
        List<float> result = [];
        int done = 0;
        foreach (int rows in chunks)
        {
            StepLayout layout = new();
            layout.AddChain(done, rows);
            result.AddRange(Step(backend, layout, [state], [.. Enumerable.Range(done, rows)]));
            done += rows;
        }

        Assert.Equal(_length, done);
        return [.. result];
    }

    public double[] Expected()
    {
        double[] y = new double[_length * Channels];
        for (int channel = 0; channel < Channels; channel++)
        {
            double[] state = new double[Math.Max(Size, Width)];
            for (int t = 0; t < _length; t++)
            {
                y[(t * Channels) + channel] = _name switch
                {
                    "previous" => t == 0 ? 0 : In(0, t - 1, channel),
                    "convolution" => _bias.Value.Span[channel] + Enumerable.Range(Math.Max(0, t - Taps + 1), Math.Min(t + 1, Taps))
                        .Sum(s => (double)_convolution.Value.Row(s - t + Taps - 1)[channel] * In(0, s, channel)),
                    "scan" =>
                        Scan(
                            state, t, channel, In(1, t, channel), n => _rates.Value.Row(n)[channel], first: 0, _direct.Value.Span[channel]),
                    "scan by head" => Scan(
                        state, t, channel, In(1, t, channel / Width), _ => _headRates.Value.Span[channel / Width], channel / Width * Size,
                        _headDirect.Value.Span[channel / Width]),
                    _ => Rule(state, t, channel),
                };
            }
        }

        return y;
    }

    public void Dispose()
    {
        foreach (Parameter parameter in (Parameter[])[_convolution, _bias, _rates, _headRates, _direct, _headDirect])
        {
            parameter.Dispose();
        }
    }

    private double Scan(double[] h, int t, int channel, double step, Func<int, float> rate, int first, float direct)
    {
        double x = In(0, t, channel), y = direct * x;
        for (int n = 0; n < Size; n++)
        {
            h[n] = (Math.Exp(step * rate(n)) * h[n]) + (step * x * In(2, t, first + n));
            y += h[n] * In(3, t, first + n);
        }

        return y;
    }

    private double Rule(double[] s, int t, int channel)
    {
        int head = channel / Width * Width;
        double found = Enumerable.Range(0, Width).Sum(j => s[j] * In(4, t, head + j)), y = 0;
        for (int j = 0; j < Width; j++)
        {
            s[j] = (s[j] * Math.Exp(In(1, t, head + j))) + (found * In(5, t, head + j)) + (In(3, t, channel) * In(2, t, head + j));
            y += s[j] * In(0, t, head + j);
        }

        return y;
    }

    private double In(int input, int token, int column) => _inputs[input][(token * (_inputs[input].Length / _length)) + column];

    private float[] Make(int columns, int seed, float scale = 1) => Numbers.Random(_length * columns, seed, scale);

    private float[] Positive(int columns) => Array.ConvertAll(Make(columns, 2), Math.Abs);

    private Tensor Rows(CpuBackend backend, float[] values, int[] tokens)
    {
        int columns = values.Length / _length;
        Tensor rows = backend.Rent(tokens.Length, columns);
        for (int i = 0; i < tokens.Length; i++)
        {
            values.AsSpan(tokens[i] * columns, columns).CopyTo(rows.Row(i));
        }

        return rows;
    }
}
