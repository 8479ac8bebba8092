using System.Globalization;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's range: whole numbers at equal distances.</summary>
internal sealed class RangeValue : Value
{
    private readonly BigInteger _start;
    private readonly BigInteger _stop;
    private readonly BigInteger _step;

    private RangeValue(BigInteger start, BigInteger stop, BigInteger step)
    {
        (_start, _stop, _step) = (start, stop, step);
        BigInteger distance = step.Sign > 0 ? stop - start : start - stop;
        Count = distance.Sign <= 0 ? 0 : (distance - 1) / BigInteger.Abs(step) + 1;
    }

    /// <summary>How many numbers it has; a template gets none with more than 100000.</summary>
    public BigInteger Count { get; }

    public override string TypeName => "range";

    public override bool IsTrue => !Count.IsZero;

    public override int? Length => (int)Count;

    public override IEnumerable<Value> Elements => Enumerable.Range(0, (int)Count).Select(At);

    public override IEnumerable<Value> Reversed => Enumerable.Range(1, (int)Count).Select(back => At((int)Count - back));

    /// <summary>A range from one to three arguments: stop; start, stop; start, stop, step.</summary>
    public static RangeValue Create(BigInteger[] arguments) => arguments switch
    {
        [var stop] => new RangeValue(0, stop, 1),
        [var start, var stop] => new RangeValue(start, stop, 1),
        [_, _, { IsZero: true }] => throw ChatTemplateException.Value("range() arg 3 must not be zero"),
        _ => new RangeValue(arguments[0], arguments[1], arguments[2]),
    };

    /// <summary>Every <paramref name="step"/>-th number from one index, as many as given.</summary>
    public RangeValue Slice(int start, int step, int count)
    {
        BigInteger first = _start + (_step * start);
        return new RangeValue(first, first + (_step * step * count), _step * step);
    }

    public override Value? Item(Value key) =>
        Numbers.TryInteger(key, out BigInteger index) && Slicing.TryIndex(index, (int)Count, out int at) ? At(at) : null;

    public override Value? Attribute(string name) => name switch
    {
        "start" => IntValue.Of(_start),
        "stop" => IntValue.Of(_stop),
        "step" => IntValue.Of(_step),
        _ => new TupleValue([.. Elements]).Attribute(name),
    };

    public override void WriteRepr(OutputBuffer output) => output.Append(_step.IsOne
        ? string.Create(CultureInfo.InvariantCulture, $"range({_start}, {_stop})")
        : string.Create(CultureInfo.InvariantCulture, $"range({_start}, {_stop}, {_step})"));

    private Value At(int index) => IntValue.Of(_start + (_step * index));
}
