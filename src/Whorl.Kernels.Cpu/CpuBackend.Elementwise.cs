using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Operations element by element, and how kernels are handed to the threads.</content>
public sealed unsafe partial class CpuBackend
{
    // Below so many elements an operation takes less than a few microseconds, and handing it out costs as much as it saves.
    private const int SmallestShared = 16 * 1024;

    // About; it tells works apart that are worth waking a thread for.
    private const int ElementsANanosecond = 2;

    // One object per kind of kernel, refilled for each call.
    private readonly Dictionary<Type, ParallelWork> _works = [];

    /// <inheritdoc/>
    public Tensor Add(Tensor a, Tensor b) =>
        SameShape(a, b) || IsRowFor(a, b)
            ? Zip(default(Plus), a, b)
            : throw new ShapeMismatchException("add", $"[{a.Rows}, {a.Columns}] or [1, {a.Columns}]", $"[{b.Rows}, {b.Columns}]");

    /// <inheritdoc/>
    public Tensor Multiply(Tensor a, Tensor b)
    {
        if (SameShape(a, b) || IsRowFor(a, b))
        {
            return Zip(default(Product), a, b);
        }

        if (b.Columns != 1 || b.Rows != a.Rows)
        {
            throw new ShapeMismatchException(
                "multiply", $"[{a.Rows}, {a.Columns}], [1, {a.Columns}] or [{a.Rows}, 1]", $"[{b.Rows}, {b.Columns}]");
        }

        Tensor y = Rent(a.Rows, a.Columns);
        Share(new ScaleRows(a.Data, b.Data, y.Data, a.Columns), a.Rows, a.Length);
        return y;
    }

    /// <inheritdoc/>
    public Tensor Scale(Tensor a, float factor) => Map(new Times(factor), a);

    /// <inheritdoc/>
    public Tensor Clamp(Tensor a, float minimum, float maximum) => Map(new Clamp(minimum, maximum), a);

    /// <inheritdoc/>
    public Tensor SoftCap(Tensor a, float cap) => Map(new SoftCap(cap), a);

    /// <inheritdoc/>
    public Tensor RoundToBFloat16(Tensor a) => Map(default(RoundToBFloat16), a);

    /// <inheritdoc/>
    public Tensor Activate(Activation function, Tensor a) => function switch
    {
        Activation.Silu => Map(default(Silu), a),
        Activation.GeluTanh => Map(default(GeluTanh), a),
        Activation.GeluErf => Map(default(GeluErf), a),
        Activation.Relu => Map(default(Relu), a),
        Activation.ReluSquared => Map(default(ReluSquared), a),
        Activation.Sigmoid => Map(default(Sigmoid), a),
        Activation.Softplus => Map(default(Softplus), a),
        Activation.Tanh => Map(default(Tanh), a),
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "no such activation"),
    };

    /// <inheritdoc/>
    public Tensor Gate(Activation function, Tensor gate, Tensor up)
    {
        CheckShape("gate", up, gate.Rows, gate.Columns);
        return function switch
        {
            Activation.Silu => Zip(default(Gated<Silu>), gate, up),
            Activation.GeluTanh => Zip(default(Gated<GeluTanh>), gate, up),
            Activation.GeluErf => Zip(default(Gated<GeluErf>), gate, up),
            Activation.Relu => Zip(default(Gated<Relu>), gate, up),
            Activation.ReluSquared => Zip(default(Gated<ReluSquared>), gate, up),
            Activation.Sigmoid => Zip(default(Gated<Sigmoid>), gate, up),
            Activation.Softplus => Zip(default(Gated<Softplus>), gate, up),
            Activation.Tanh => Zip(default(Gated<Tanh>), gate, up),
            _ => throw new ArgumentOutOfRangeException(nameof(function), function, "no such activation"),
        };
    }

    private static bool SameShape(Tensor a, Tensor b) => a.Rows == b.Rows && a.Columns == b.Columns;

    private static bool IsRowFor(Tensor a, Tensor b) => b.Rows == 1 && a.Columns == b.Columns;

    private Tensor Map<TFunction>(TFunction function, Tensor a)
        where TFunction : struct, IUnaryFunction
    {
        Tensor y = Rent(a.Rows, a.Columns);
        var kernel = new MapKernel<TFunction>(function, a.Data, y.Data, a.Length);
        Share(kernel, (int)(((long)a.Length + MapKernel<TFunction>.Block - 1) / MapKernel<TFunction>.Block), a.Length);
        return y;
    }

    private Tensor Zip<TFunction>(TFunction function, Tensor a, Tensor b)
        where TFunction : struct, IBinaryFunction
    {
        Tensor y = Rent(a.Rows, a.Columns);
        Share(new ZipKernel<TFunction>(function, a.Data, b.Data, SameShape(a, b) ? b.Columns : 0, y.Data, a.Columns), a.Rows, a.Length);
        return y;
    }

    // Hands a kernel to the threads, or to this one alone if it has little to do.
    private void Share<TKernel>(in TKernel kernel, int items, long elements)
        where TKernel : struct, IKernel
    {
        if (items <= 1 || elements < SmallestShared || Workers.Count == 1)
        {
            Kernel.Run(InstructionSet, kernel, 0, items);
            return;
        }

        if (!_works.TryGetValue(typeof(TKernel), out ParallelWork? kept))
        {
            kept = new KernelWork<TKernel>(InstructionSet, Workers.Count);
            _works.Add(typeof(TKernel), kept);
        }

        SharedCall call = Workers.Begin(WorkKind.Rows, elements / ElementsANanosecond);
        var work = (KernelWork<TKernel>)kept;
        work.Prepare(kernel, items, call.Workers);
        Workers.Run(work, call.Workers);
        Workers.End(call);
    }
}
