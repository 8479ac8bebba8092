using System.Diagnostics.CodeAnalysis;

namespace Whorl.MsgPack;

/// <summary>
/// A map in the order of the wire. Keys are strings or byte strings, as Python's reader demands; of equal keys the last counts.
/// </summary>
internal sealed class MsgPackMap
{
    private readonly List<KeyValuePair<object, object?>> _entries = [];

    /// <summary>The entries in order, repeated keys included.</summary>
    public IReadOnlyList<KeyValuePair<object, object?>> Entries => _entries;

    /// <summary>Appends an entry.</summary>
    /// <param name="key">A string or a byte array.</param>
    /// <param name="value">A value of a type that <see cref="MsgPackReader.Read"/> names.</param>
    public MsgPackMap Add(object key, object? value)
    {
        _entries.Add(new(key, value));
        return this;
    }

    /// <summary>Appends an entry unless its value is null.</summary>
    public MsgPackMap AddUnlessNull(string key, object? value) => value is null ? this : Add(key, value);

    /// <summary>The value of the last entry with this key.</summary>
    public bool TryGet(string key, [MaybeNullWhen(false)] out object? value)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].Key is string name && name == key)
            {
                value = _entries[i].Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>The value of the last entry with this key; null where there is none, as for nil.</summary>
    public object? GetOrNull(string key) => TryGet(key, out object? value) ? value : null;
}
