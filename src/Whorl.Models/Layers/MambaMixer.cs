using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A Mamba-1 mixer; see <see cref="MambaSpec"/>. Its state is the convolution's last inputs and the scan's h.</summary>
internal sealed class MambaMixer : IMixer
{
    private readonly MambaSpec _spec;
    private readonly LinearSite[] _inputs;
    private readonly LinearSite[] _selections;
    private readonly LinearSite _step;
    private readonly LinearSite _output;
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
            loader.Linear(Role.ScanInput, channels, hidden, spec.ProjectionBias),
            loader.Linear(Role.ScanGate, channels, hidden, spec.ProjectionBias),
        ];
        _convolution = loader.TransposedTable(Role.Convolution, channels, spec.Taps);
        _convolutionBias = spec.ConvolutionBias ? loader.Vector(Role.Convolution, channels, bias: true) : null;
        _selections =
        [
            loader.Linear(Role.StepLow, spec.StepRank, channels),
            loader.Linear(Role.ScanB, size, channels),
            loader.Linear(Role.ScanC, size, channels),
        ];
        _step = loader.Linear(Role.Step, channels, spec.StepRank, bias: true);
        _rates = Rates(loader, channels, size);
        _direct = loader.Vector(Role.ScanDirect, channels);
        _output = loader.Linear(Role.ScanOutput, hidden, channels, spec.ProjectionBias);
        _stepNorm = Norm.Load(loader, spec.StepNorm, spec.StepRank);
        _inputNorm = Norm.Load(loader, spec.InputNorm, size);
        _outputNorm = Norm.Load(loader, spec.OutputNorm, size);
    }

    public BlockCache CreateCache(IBackend backend, int capacity) =>
        new(null,
        [
            backend.CreateStateStore((_spec.Taps - 1) * _spec.Channels),
            backend.CreateStateStore(_spec.Channels * _spec.StateSize),
        ]);

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        Span<Tensor> projected = [default, default];
        context.Linear(_inputs, x, projected);
        Tensor mixed = backend.CausalConvolution(projected[0], _convolution, _convolutionBias, context.Layout, context.States(0));
        mixed = backend.Activate(Activation.Silu, mixed);

        Span<Tensor> selected = [default, default, default];
        context.Linear(_selections, mixed, selected);
        Tensor step = context.Linear(_step, _stepNorm?.Apply(backend, selected[0]) ?? selected[0]);
        step = backend.Activate(Activation.Softplus, step);
        Tensor b = _inputNorm?.Apply(backend, selected[1]) ?? selected[1], c = _outputNorm?.Apply(backend, selected[2]) ?? selected[2];
        Tensor y = backend.SelectiveScan(mixed, step, b, c, _rates, _direct, context.Layout, context.States(1));
        return context.Linear(_output, backend.Gate(Activation.Silu, projected[1], y), residual);
    }

    /// <summary>A = -e^(A_log), or A itself where the checkpoint holds that.</summary>
    /// <returns><c>[size, rows]</c>.</returns>
    internal static Parameter Rates(WeightLoader loader, int rows, int size) => loader.Has(Role.ScanRatesLog)
        ? loader.TransposedTable(Role.ScanRatesLog, rows, size, logarithm => -(float)PortableMath.Exp(logarithm))
        : loader.TransposedTable(Role.ScanRates, rows, size);
}
