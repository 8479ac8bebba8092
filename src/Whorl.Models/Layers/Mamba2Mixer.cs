using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A Mamba-2 mixer; see <see cref="Mamba2Spec"/>. Its state is the convolution's last inputs and the scan's h.</summary>
internal sealed class Mamba2Mixer : IMixer
{
    private readonly Mamba2Spec _spec;
    private readonly LinearSite[] _inputs;
    private readonly LinearSite _output;
    private readonly Parameter _convolution;
    private readonly Parameter? _convolutionBias;
    private readonly Parameter _stepBias;
    private readonly Parameter _rates;
    private readonly Parameter _direct;
    private readonly Norm _outputNorm;

    public Mamba2Mixer(WeightLoader loader, Mamba2Spec spec, int hidden)
    {
        _spec = spec;
        _inputs =
        [
            loader.Linear(Role.ScanGate, spec.Channels, hidden, spec.ProjectionBias),
            loader.Linear(Role.ScanMixed, spec.MixedChannels, hidden, spec.ProjectionBias),
            loader.Linear(Role.Step, spec.Heads, hidden, spec.ProjectionBias),
        ];
        _convolution = loader.TransposedTable(Role.Convolution, spec.MixedChannels, spec.Taps);
        _convolutionBias = spec.ConvolutionBias ? loader.Vector(Role.Convolution, spec.MixedChannels, bias: true) : null;
        _stepBias = loader.Vector(Role.StepBias, spec.Heads);
        _rates = MambaMixer.Rates(loader, spec.Heads, 1);
        _direct = loader.Vector(Role.ScanDirect, spec.Heads);
        _outputNorm = Norm.Load(loader, spec.OutputNorm, spec.Channels)!;
        _output = loader.Linear(Role.ScanOutput, hidden, spec.Channels, spec.ProjectionBias);
    }

    public BlockCache CreateCache(IBackend backend, int capacity) =>
        new(null,
        [
            backend.CreateStateStore((_spec.Taps - 1) * _spec.MixedChannels),
            backend.CreateStateStore(_spec.Channels * _spec.StateSize),
        ]);

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        Span<Tensor> projected = [default, default, default];
        context.Linear(_inputs, x, projected);
        Tensor mixed = backend.CausalConvolution(projected[1], _convolution, _convolutionBias, context.Layout, context.States(0));
        mixed = backend.Activate(Activation.Silu, mixed);

        int channels = _spec.Channels, selected = _spec.Groups * _spec.StateSize;
        Tensor inner = backend.SelectColumns(mixed, 0, channels);
        Tensor b = backend.SelectColumns(mixed, channels, selected), c = backend.SelectColumns(mixed, channels + selected, selected);
        Tensor y = backend.SelectiveScanByHead(
            inner, Step(backend, projected[2]), b, c, _rates, _direct, _spec.Groups, context.Layout, context.States(1));
        return context.Linear(_output, _outputNorm.Apply(backend, backend.Gate(Activation.Silu, projected[0], y)), residual);
    }

    private Tensor Step(IBackend backend, Tensor x)
    {
        Tensor step = backend.Activate(Activation.Softplus, backend.Add(x, _stepBias.Value));
        (float least, float greatest) = _spec.StepLimits;
        return least > 0 || greatest < float.PositiveInfinity ? backend.Clamp(step, least, greatest) : step;
    }
}
