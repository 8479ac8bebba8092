using System.Runtime.InteropServices;

namespace Whorl.Kernels.Cpu.Tests;

/// <summary>Floats at any alignment with a strip on both sides that nobody may write.</summary>
internal sealed unsafe class GuardedFloats : IDisposable
{
    private const int Strip = 32;
    private const float Canary = -123456.789f;
    private readonly float* _memory;
    private readonly int _misalignment;

    public GuardedFloats(int length, int misalignment = 0)
    {
        Length = length;
        _misalignment = misalignment;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)(4 * (length + misalignment + (2 * Strip))), 64);
        new Span<float>(_memory, length + misalignment + (2 * Strip)).Fill(Canary);
    }

    public GuardedFloats(ReadOnlySpan<float> values, int misalignment = 0)
        : this(values.Length, misalignment) => values.CopyTo(Span);

    public int Length { get; }

    public float* Data => _memory + Strip + _misalignment;

    public Span<float> Span => new(Data, Length);

    public void AssertStripsUntouched()
    {
        Assert.Equal(-1, new ReadOnlySpan<float>(_memory, Strip + _misalignment).IndexOfAnyExcept(Canary));
        Assert.Equal(-1, new ReadOnlySpan<float>(Data + Length, Strip).IndexOfAnyExcept(Canary));
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
