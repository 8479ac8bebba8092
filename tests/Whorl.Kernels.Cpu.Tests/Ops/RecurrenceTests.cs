using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

public sealed unsafe class RecurrenceTests : IDisposable
{
    private const int Rows = 3;
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 2, SharesEverything = true });

    public static TheoryData<string> Names => RecurrenceCase.Names;

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(EveryLanes.Kinds), MemberType = typeof(EveryLanes))]
    public void Recurrences_have_the_scalar_forms_bits_at_every_width(string kind)
    {
        InstructionSet set = EveryLanes.Of(kind);
        for (int width = 1; width <= 70; width++)
        {
            AssertSame(
                set, width, (1 + (width % 3)) * width,
                (y, rows) => new CausalConvolutionKernel(In(0), In(1), In(2), rows, y, Rows, width, 2 + (width % 3)), 1);
            AssertSame(
                set, width, width * Size(width),
                (y, rows) =>
                    new SelectiveScanKernel(In(0), In(1), In(2), In(3), In(4), In(5), rows, y, Rows, width, Size(width)), (width + 15) / 16);
            AssertSame(
                set, 2 * width, 2 * width * Size(width),
                (y, rows) => new SelectiveScanByHeadKernel(In(0), In(1), In(2), In(3), In(4), In(5), rows, y, Rows, 2, width, 2, Size(width)), 2);
            AssertSame(
                set, 2 * width, 2 * width * width,
                (y, rows) => new DeltaRuleScanKernel(In(0), In(1), In(2), In(3), In(4), In(5), rows, y, Rows, 2, width), 2);
        }

        static int Size(int width) => 1 + (width % 11);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void They_agree_with_float64(string name)
    {
        using RecurrenceCase given = new(name, 40);
        Numbers.AssertNear(given.Expected(), given.Run(_backend, 40), 3e-6, name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Chunks_and_batches_change_no_bit(string name)
    {
        using RecurrenceCase given = new(name, 24);
        float[] expected = given.Run(_backend, 24);
        Numbers.AssertSameBits(expected, given.Run(_backend, [.. Enumerable.Repeat(1, 24)]), "token by token");
        Numbers.AssertSameBits(expected, given.Run(_backend, 1, 2, 3, 7, 11), "in chunks");

        using StateStore first = given.CreateState(), second = given.CreateState();
        StepLayout layout = new();
        layout.AddChain(0, 10);
        layout.AddChain(0, 14);
        float[] together = given.Step(_backend, layout, [first, second], [.. Enumerable.Range(0, 10), .. Enumerable.Range(0, 14)]);
        int width = expected.Length / 24;
        Numbers.AssertSameBits(expected.AsSpan(0, 10 * width), together.AsSpan(0, 10 * width), "the first of two");
        Numbers.AssertSameBits(expected.AsSpan(0, 14 * width), together.AsSpan(10 * width), "the second of two");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_path_of_a_tree_has_the_bits_of_its_text(string name)
    {
        using RecurrenceCase given = new(name, 24);
        using StateStore state = given.CreateState();
        StepLayout layout = new();
        layout.AddChain(0, 4);
        given.Step(_backend, layout, [state], 0, 1, 2, 3);

        // Numbers of scratch tokens are those of the text's tokens less 4; grown in two steps.
        int[] parents = [-1, 0, -1, 1, 1, 2, 5, 3];
        state.EnsureScratch(5);
        layout.Clear();
        layout.AddTree(4, parents[..5], 0);
        float[] tree = given.Step(_backend, layout, [state], 4, 5, 6, 7, 8);
        state.EnsureScratch(8);
        layout.Clear();
        layout.AddTree(4, parents, 5);
        tree = [.. tree, .. given.Step(_backend, layout, [state], 9, 10, 11)];
        int width = tree.Length / 8;
        for (int node = 0; node < 8; node++)
        {
            List<int> text = [];
            for (int at = node; at >= 0; at = parents[at])
            {
                text.Insert(0, 4 + at);
            }

            Numbers.AssertSameBits(Last(given, [0, 1, 2, 3, .. text], width), tree.AsSpan(node * width, width), $"node {node}");
        }

        state.Commit(3); // the path 0, 1, 3
        layout.Clear();
        layout.AddChain(7, 1);
        Numbers.AssertSameBits(
            Last(given, [0, 1, 2, 3, 4, 5, 7, 20], width), given.Step(_backend, layout, [state], 20), "after the verdict");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_number_of_threads_and_instruction_set_gives_the_same_bits(string name)
    {
        using RecurrenceCase given = new(name, 100);
        float[] expected = given.Run(_backend, 100);
        foreach (InstructionSet set in EveryLanes.Fast)
        {
            using CpuBackend other = new(new CpuBackendOptions { Threads = 3, SharesEverything = true }, set);
            Numbers.AssertSameBits(expected, given.Run(other, 60, 40), $"{set}");
        }
    }

    [Fact]
    public void States_of_another_size_or_number_are_refused()
    {
        using StateStore state = _backend.CreateStateStore(7);
        StepLayout layout = new();
        layout.AddChain(0, 2);
        Assert.Throws<ShapeMismatchException>(() => _backend.Previous(_backend.Rent(2, 8), layout, [state]));
        Assert.Throws<ShapeMismatchException>(() => _backend.Previous(_backend.Rent(2, 7), layout, []));
        Assert.Throws<ShapeMismatchException>(() => _backend.Previous(_backend.Rent(3, 7), layout, [state]));
        using Parameter weight = _backend.CreateParameter(new float[16], 2);
        Assert.Throws<ShapeMismatchException>(() => _backend.CausalConvolution(_backend.Rent(2, 8), weight, null, layout, [state]));
        Assert.Throws<ShapeMismatchException>(() => _backend.DeltaRuleScan(
            _backend.Rent(2, 8), _backend.Rent(2, 8), _backend.Rent(2, 8), _backend.Rent(2, 8), _backend.Rent(2, 8), _backend.Rent(2, 4), 4,
            layout, [state]));
    }

    private static readonly GuardedFloats[] Inputs = [.. Enumerable.Range(0, 6).Select(
        i => new GuardedFloats(Numbers.Random(4096, 50 + i, 0.5f), 3 * i))];

    private static float* In(int i) => Inputs[i].Data;

    private static void AssertSame<TKernel>(InstructionSet set, int columns, int stateSize, KernelOf<TKernel> kernel, int items)
        where TKernel : struct, IKernel
    {
        using GuardedFloats expected = new(Rows * columns, columns % 16), actual = new(Rows * columns, (columns + 5) % 16);
        using GuardedFloats expectedState = new(Numbers.Random(stateSize, 7), columns % 5);
        using GuardedFloats actualState = new(Numbers.Random(stateSize, 7), columns % 7);
        Run(InstructionSet.Scalar, expected, expectedState);
        Run(set, actual, actualState);
        Numbers.AssertSameBits(expected.Span, actual.Span, $"{typeof(TKernel).Name}, {columns} columns");
        Numbers.AssertSameBits(expectedState.Span, actualState.Span, $"state of {typeof(TKernel).Name}, {columns} columns");
        actual.AssertStripsUntouched();
        actualState.AssertStripsUntouched();

        void Run(InstructionSet form, GuardedFloats y, GuardedFloats state)
        {
            RowState* rows = stackalloc RowState[Rows];
            for (int row = 0; row < Rows; row++)
            {
                rows[row] = new RowState { From = state.Data, To = state.Data };
            }

            Kernel.Run(form, kernel(y.Data, rows), 0, items);
        }
    }

    private float[] Last(RecurrenceCase given, int[] text, int width)
    {
        using StateStore state = given.CreateState();
        StepLayout layout = new();
        layout.AddChain(0, text.Length);
        return given.Step(_backend, layout, [state], text)[^width..];
    }

    private delegate TKernel KernelOf<TKernel>(float* y, RowState* rows);
}
