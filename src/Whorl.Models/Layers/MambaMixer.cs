using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A Mamba-1 mixer; see <see cref="MambaSpec"/>. Its state is the convolution's last inputs and the scan's h.</summary>
internal sealed class MambaMixer : IMixer
{
    private readonly MambaSpec _spec;
    private readonly LinearWeight[] _inputs;
    private readonly LinearWeight[] _selections;
    private readonly LinearWeight _step;
    private readonly LinearWeight _output;
    private readonly Parameter _convolution;
    private readonly Parameter? _convolutionBias;
    private readonly Parameter _rates;
    private readonly Parameter _direct;
    private readonly Norm? _stepNorm;
    private readonly Norm? _inputNorm;
    private readonly Norm? _outputNorm;

    public MambaMixer(WeightLoader loader, MambaSpec spec, int hidden)
    {
        _spec = spec;
        int channels = spec.Channels, size = spec.StateSize;
        _inputs =
        [
            loader.Linear("scan_input", channels, hidden, spec.ProjectionBias),
            loader.Linear("scan_gate", channels, hidden, spec.ProjectionBias),
        ];
        _convolution = loader.TurnedTable("convolution", channels, spec.Taps);
        _convolutionBias = spec.ConvolutionBias ? loader.Vector("convolution", channels, bias: true) : null;
        _selections =
        [
            loader.Linear("step_low", spec.StepRank, channels),
            loader.Linear("scan_b", size, channels),
            loader.Linear("scan_c", size, channels),
        ];
        _step = loader.Linear("step", channels, spec.StepRank, bias: true);
        _rates = Rates(loader, channels, size);
        _direct = loader.Vector("scan_direct", channels);
        _output = loader.Linear("scan_output", hidden, channels, spec.ProjectionBias);
        _stepNorm = Norm.Load(loader, spec.StepNorm, spec.StepRank);
        _inputNorm = Norm.Load(loader, spec.InputNorm, size);
        _outputNorm = Norm.Load(loader, spec.OutputNorm, size);
    }

    public BlockCache CreateCache(IBackend backend, int capacity) =>
        new(null, [new StateStore((_spec.Taps - 1) * _spec.Channels), new StateStore(_spec.Channels * _spec.StateSize)]);

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        Span<Tensor> projected = [default, default];
        backend.Linear(x, _inputs, projected);
        Tensor mixed = backend.CausalConvolution(projected[0], _convolution, _convolutionBias, context.Layout, context.States(0));
        mixed = backend.Activate(Activation.Silu, mixed);

        Span<Tensor> selected = [default, default, default];
        backend.Linear(mixed, _selections, selected);
        Tensor step = backend.Linear(_stepNorm?.Apply(backend, selected[0]) ?? selected[0], _step);
        step = backend.Activate(Activation.Softplus, step);
        Tensor b = _inputNorm?.Apply(backend, selected[1]) ?? selected[1], c = _outputNorm?.Apply(backend, selected[2]) ?? selected[2];
        Tensor y = backend.SelectiveScan(mixed, step, b, c, _rates, _direct, context.Layout, context.States(1));
        return backend.Linear(backend.Gate(Activation.Silu, projected[1], y), _output, residual);
    }

    public void Dispose()
    {
        foreach (LinearWeight weight in (ReadOnlySpan<LinearWeight>)[.. _inputs, .. _selections, _step, _output])
        {
            weight.Dispose();
        }

        _convolution.Dispose();
        _convolutionBias?.Dispose();
        _rates.Dispose();
        _direct.Dispose();
        _stepNorm?.Dispose();
        _inputNorm?.Dispose();
        _outputNorm?.Dispose();
    }

    /// <summary>A = -e^(A_log), or A itself where the checkpoint holds that.</summary>
    /// <returns><c>[size, rows]</c>.</returns>
    internal static Parameter Rates(WeightLoader loader, int rows, int size) => loader.Has("scan_rates_log")
        ? loader.TurnedTable("scan_rates_log", rows, size, logarithm => -(float)PortableMath.Exp(logarithm))
        : loader.TurnedTable("scan_rates", rows, size);
}
