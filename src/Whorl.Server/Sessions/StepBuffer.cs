using System.Diagnostics.CodeAnalysis;

namespace Whorl.Server;

/// <summary>Memory for the values of one step at a time: a few stay for the next step, many are given back after each.</summary>
[SuppressMessage("Design", "CA1001", Justification = "releasing frees it, after which it may be used again")]
internal sealed class StepBuffer
{
    /// <summary>Bytes that stay.</summary>
    public const int StayingBytes = 64 << 10;

    private float[] _staying = [];
    private StepFloats? _many;

    /// <summary>Values of the step; empty once they were released.</summary>
    public Memory<float> Values { get; private set; }

    /// <summary>What of so many values does not stay, in bytes, and so is to be taken from the account.</summary>
    public static long PassingBytes(long length) => length * sizeof(float) > StayingBytes ? length * sizeof(float) : 0;

    /// <summary>Memory for so many values; of what was there before, nothing is left.</summary>
    public Memory<float> Take(int length)
    {
        Release();
        if (PassingBytes(length) > 0)
        {
            _many = new StepFloats(length);
            return Values = _many.Memory;
        }

        if (_staying.Length < length)
        {
            _staying = new float[Math.Min(StayingBytes / sizeof(float), Math.Max(length, 2 * _staying.Length))];
        }

        return Values = _staying.AsMemory(0, length);
    }

    /// <summary>Gives back what does not stay.</summary>
    /// <returns>Bytes that were given back.</returns>
    public long Release()
    {
        long bytes = _many is null ? 0 : PassingBytes(Values.Length);
        (_many as IDisposable)?.Dispose();
        _many = null;
        Values = default;
        return bytes;
    }
}
