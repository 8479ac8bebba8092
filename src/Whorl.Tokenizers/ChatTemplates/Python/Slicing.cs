using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's indices and slices: negative ones count from the end.</summary>
internal static class Slicing
{
    public static bool TryIndex(BigInteger index, int length, out int at)
    {
        BigInteger counted = index.Sign < 0 ? index + length : index;
        bool inside = counted.Sign >= 0 && counted < length;
        at = inside ? (int)counted : -1;
        return inside;
    }

    /// <summary>
    /// The part from <paramref name="start"/> up to <paramref name="end"/> that lies within the length, for find and count.
    /// </summary>
    public static (int Start, int End) Window(Value? start, Value? end, int length) =>
        (Clamp(Bound(start, 0), length), Clamp(Bound(end, length), length));

    /// <summary>Python's <c>value[start:stop:step]</c>.</summary>
    public static Value Slice(Value value, Value? start, Value? stop, Value? step)
    {
        if (value is UndefinedValue undefined)
        {
            throw undefined.Error();
        }

        if (value is not (StrValue or SequenceValue or RangeValue))
        {
            throw ChatTemplateException.Type(
                value is DictValue ? "unhashable type: 'slice'" : $"'{value.TypeName}' object is not subscriptable");
        }

        (int first, int stride, int count) = Resolve(start, stop, step, value.Length!.Value);
        RenderBudget.Allocate(count);
        return value switch
        {
            RangeValue range => range.Slice(first, stride, count),
            StrValue text when stride == 1 => text.With(text.Substring(first, first + count)),
            StrValue text => text.With(string.Concat(
                Enumerable.Range(0, count).Select(i => text.Substring(first + (i * stride), first + (i * stride) + 1)))),
            _ => Pick((SequenceValue)value, first, stride, count),
        };
    }

    private static SequenceValue Pick(SequenceValue sequence, int first, int stride, int count)
    {
        var items = new Value[count];
        for (int i = 0; i < count; i++)
        {
            items[i] = sequence.Items[first + (i * stride)];
        }

        return sequence.With(items);
    }

    private static (int First, int Stride, int Count) Resolve(Value? start, Value? stop, Value? step, int length)
    {
        int stride = (int)BigInteger.Clamp(Bound(step, 1), -int.MaxValue, int.MaxValue);
        if (stride == 0)
        {
            throw ChatTemplateException.Value("slice step cannot be zero");
        }

        // Going backwards the first element may be the last one, and the end lies before the first.
        (int lowest, int highest) = stride > 0 ? (0, length) : (-1, length - 1);
        int from = IsAbsent(start) ? (stride > 0 ? lowest : highest) : Clamp(Bound(start, 0), length, lowest, highest);
        int to = IsAbsent(stop) ? (stride > 0 ? highest : lowest) : Clamp(Bound(stop, 0), length, lowest, highest);
        long distance = stride > 0 ? (long)to - from : (long)from - to;
        int count = distance <= 0 ? 0 : (int)((distance - 1) / Math.Abs((long)stride)) + 1;
        return (from, stride, count);
    }

    private static bool IsAbsent(Value? bound) => bound is null or NoneValue;

    private static BigInteger Bound(Value? bound, BigInteger whenAbsent)
    {
        if (IsAbsent(bound))
        {
            return whenAbsent;
        }

        return Numbers.TryInteger(bound!, out BigInteger number)
            ? number
            : throw ChatTemplateException.Type("slice indices must be integers or None or have an __index__ method");
    }

    private static int Clamp(BigInteger bound, int length) => Clamp(bound, length, 0, length);

    private static int Clamp(BigInteger bound, int length, int lowest, int highest) =>
        (int)BigInteger.Clamp(bound.Sign < 0 ? bound + length : bound, lowest, Math.Max(lowest, highest));
}
