using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>RWKV-7's time mixing; see <see cref="Rwkv7Spec"/>. Its state is the last input and a matrix a head.</summary>
/// <remarks>
/// The first block's values are the side value that crosses block boundaries: the first block writes it, the others read it.
/// </remarks>
internal sealed class Rwkv7Mixer : IMixer
{
    private const float NormalisationFloor = 1e-24f; // on the sum of squares: the reference stops dividing at a length of 1e-12
    private static readonly string[] MixRoles = [Role.MixReceptance, Role.MixDecay, Role.MixKey, Role.MixValue, Role.MixRate, Role.MixGate];
    private static readonly float SlowestDecay = -(float)PortableMath.Exp(-0.5);

    private readonly Rwkv7Spec _spec;
    private readonly Parameter[] _mix;
    private readonly LinearSite _receptance;
    private readonly LinearSite _key;
    private readonly LinearSite _value;
    private readonly LinearSite _output;
    private readonly LowRank _decay;
    private readonly LowRank _rate;
    private readonly LowRank _gate;
    private readonly LowRank? _valueMix;
    private readonly Parameter _removal;
    private readonly Parameter _keyRate;
    private readonly Parameter _keyRest;
    private readonly Parameter _bonus;
    private readonly Norm _headNorm;

    public Rwkv7Mixer(WeightLoader loader, Rwkv7Spec spec, int hidden)
    {
        _spec = spec;
        int width = spec.Heads * spec.HeadSize;
        _mix = [.. MixRoles.Select((role, i) => loader.Vector(role, hidden, expert: i))];
        _receptance = loader.Linear(Role.Receptance, width, hidden);
        _key = loader.Linear(Role.Key, width, hidden);
        _value = loader.Linear(Role.Value, width, hidden);
        _output = loader.Linear(Role.Output, hidden, width);
        _decay = new LowRank(loader, Role.Decay, width, hidden, spec.DecayRank, bias: true, Activation.Tanh);
        _rate = new LowRank(loader, Role.Rate, width, hidden, spec.RateRank, bias: true);
        _gate = new LowRank(loader, Role.Gate, width, hidden, spec.GateRank, activation: Activation.Sigmoid);
        _valueMix = spec.IsFirst ? null : new LowRank(loader, Role.ValueMix, width, hidden, spec.ValueRank, bias: true);
        _removal = loader.Vector(Role.RemovalKey, width);
        _keyRate = loader.Vector(Role.KeyRate, width);
        _keyRest = loader.Vector(Role.KeyRate, width, change: rate => 1 - rate);
        _bonus = loader.Vector(Role.Bonus, width);
        _headNorm = Norm.Load(loader, spec.HeadNorm, width)!;
    }

    public BlockCache CreateCache(IBackend backend, int capacity)
    {
        int width = _spec.Heads * _spec.HeadSize;
        return new BlockCache(null, [backend.CreateStateStore(_mix[0].Length), backend.CreateStateStore(width * _spec.HeadSize)]);
    }

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        Tensor previous = backend.Previous(x, context.Layout, context.States(0)), change = backend.Add(previous, backend.Scale(x, -1));
        Tensor receptance = context.Linear(_receptance, Mix(0));
        Tensor logDecay = backend.Scale(backend.Activate(Activation.Sigmoid, _decay.Apply(context, Mix(1))), SlowestDecay);
        Tensor key = context.Linear(_key, Mix(2)), value = Values(context, Mix(3));
        Tensor rate = backend.Activate(Activation.Sigmoid, _rate.Apply(context, Mix(4))), gate = _gate.Apply(context, Mix(5));

        Tensor removed = Normalise(backend, backend.Multiply(key, _removal.Value));
        key = backend.Add(backend.Multiply(key, _keyRest.Value), backend.Multiply(backend.Multiply(key, rate), _keyRate.Value));
        Tensor y = backend.DeltaRuleScan(
            receptance, logDecay, key, value, backend.Scale(removed, -1), backend.Multiply(removed, rate), _spec.HeadSize, context.Layout,
            context.States(1));
        y = backend.Add(_headNorm.Apply(backend, y), Bonus(backend, receptance, key, value));
        return context.Linear(_output, backend.Multiply(y, gate), residual);

        Tensor Mix(int i) => backend.Add(x, backend.Multiply(change, _mix[i].Value));
    }

    /// <summary>The values, mixed with the first block's.</summary>
    private Tensor Values(BlockContext context, Tensor x)
    {
        IBackend backend = context.Backend;
        Tensor value = context.Linear(_value, x);
        if (_valueMix is null)
        {
            context.Side = value;
            return value;
        }

        Tensor share = backend.Activate(Activation.Sigmoid, _valueMix.Apply(context, x));
        return backend.Add(value, backend.Multiply(backend.Add(context.Side, backend.Scale(value, -1)), share));
    }

    /// <summary>Each head's vector divided by its length.</summary>
    private Tensor Normalise(IBackend backend, Tensor x) => backend.Scale(
        backend.RmsNorm(x, null, NormalisationFloor / _spec.HeadSize, _spec.HeadSize), (float)(1 / Math.Sqrt(_spec.HeadSize)));

    /// <summary>What the newest token adds directly: (Σ r · k · bonus) v in each head.</summary>
    private Tensor Bonus(IBackend backend, Tensor receptance, Tensor key, Tensor value)
    {
        int heads = value.Rows * _spec.Heads, size = _spec.HeadSize;
        Tensor weighted = backend.Multiply(receptance, _bonus.Value);
        Tensor dots = backend.CombineRows(weighted.Reshape(heads * size, 1), key.Reshape(heads, size));
        return backend.Multiply(value.Reshape(heads, size), dots).Reshape(value.Rows, value.Columns);
    }
}
