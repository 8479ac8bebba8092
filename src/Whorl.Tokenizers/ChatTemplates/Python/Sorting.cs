namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's sort: stable, and with no other comparison than "less".</summary>
internal static class Sorting
{
    /// <summary>The items in the order of their keys; items with equal keys keep theirs, also when reversed.</summary>
    public static List<Value> Sort(IEnumerable<Value> items, Func<Value, Value> key, bool reverse)
    {
        List<(Value Key, Value Item)> keyed = [.. items.Select(item => (key(item), item))];
        if (reverse)
        {
            keyed.Reverse();
        }

        (Value Key, Value Item)[] sorted = [.. keyed];
        Merge(sorted, new (Value, Value)[sorted.Length], 0, sorted.Length);
        if (reverse)
        {
            Array.Reverse(sorted);
        }

        return [.. sorted.Select(pair => pair.Item)];
    }

    // Not the library's sort: it wraps an error of the comparison, and its order of equal keys is not Python's.
    private static void Merge((Value Key, Value Item)[] items, (Value Key, Value Item)[] spare, int start, int end)
    {
        if (end - start < 2)
        {
            return;
        }

        int middle = (start + end) / 2;
        Merge(items, spare, start, middle);
        Merge(items, spare, middle, end);
        Array.Copy(items, start, spare, start, end - start);
        (int left, int right) = (start, middle);
        for (int at = start; at < end; at++)
        {
            bool takeRight = left == middle || (right < end && Comparison.IsLess(spare[right].Key, spare[left].Key));
            items[at] = takeRight ? spare[right++] : spare[left++];
        }
    }
}
