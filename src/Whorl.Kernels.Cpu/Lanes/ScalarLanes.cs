using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>
/// Sixteen plain floats: the definition that the vector forms are tested against, and the fallback where there are no vectors.
/// </summary>
[InlineArray(ILanes<ScalarLanes>.Count)]
internal unsafe struct ScalarLanes : ILanes<ScalarLanes>
{
    private const int Count = ILanes<ScalarLanes>.Count;
    private float _first;

    public static int Registers => 1;

    public static ScalarLanes Index
    {
        get
        {
            ScalarLanes result = default;
            for (int i = 0; i < Count; i++)
            {
                result[i] = i;
            }

            return result;
        }
    }

    public static ScalarLanes Broadcast(float value)
    {
        ScalarLanes result = default;
        for (int i = 0; i < Count; i++)
        {
            result[i] = value;
        }

        return result;
    }

    public static ScalarLanes Load(float* source) => Unsafe.ReadUnaligned<ScalarLanes>(source);

    public readonly void Store(float* target) => Unsafe.WriteUnaligned(target, this);

    public readonly void StoreFirst(float* target, int count)
    {
        for (int i = 0; i < count; i++)
        {
            target[i] = this[i];
        }
    }

    public static ScalarLanes operator +(ScalarLanes a, ScalarLanes b)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] += b[i];
        }

        return a;
    }

    public static ScalarLanes operator -(ScalarLanes a, ScalarLanes b)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] -= b[i];
        }

        return a;
    }

    public static ScalarLanes operator -(ScalarLanes a)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] = -a[i];
        }

        return a;
    }

    public static ScalarLanes operator *(ScalarLanes a, ScalarLanes b)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] *= b[i];
        }

        return a;
    }

    public static ScalarLanes operator /(ScalarLanes a, ScalarLanes b)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] /= b[i];
        }

        return a;
    }

    public static ScalarLanes FusedMultiplyAdd(ScalarLanes a, ScalarLanes b, ScalarLanes c)
    {
        for (int i = 0; i < Count; i++)
        {
            c[i] = MathF.FusedMultiplyAdd(a[i], b[i], c[i]);
        }

        return c;
    }

    public static ScalarLanes Abs(ScalarLanes a)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] = MathF.Abs(a[i]);
        }

        return a;
    }

    public static ScalarLanes CopySign(ScalarLanes magnitude, ScalarLanes sign)
    {
        for (int i = 0; i < Count; i++)
        {
            magnitude[i] = MathF.CopySign(magnitude[i], sign[i]);
        }

        return magnitude;
    }

    public static ScalarLanes Greater(ScalarLanes a, ScalarLanes b)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] = BitConverter.Int32BitsToSingle(a[i] > b[i] ? -1 : 0);
        }

        return a;
    }

    public static ScalarLanes Select(ScalarLanes mask, ScalarLanes a, ScalarLanes b)
    {
        for (int i = 0; i < Count; i++)
        {
            a[i] = BitConverter.SingleToInt32Bits(mask[i]) != 0 ? a[i] : b[i];
        }

        return a;
    }

    // Two factors, as one power of two cannot reach from 2^-150 to 2^128; the first product is exact.
    public static ScalarLanes MultiplyByPowerOfTwo(ScalarLanes value, ScalarLanes shifted)
    {
        for (int i = 0; i < Count; i++)
        {
            int n = BitConverter.SingleToInt32Bits(shifted[i]) - LaneBits.Shift;
            int half = n >> 1;
            value[i] = value[i] * BitConverter.Int32BitsToSingle((half << 23) + LaneBits.One)
                * BitConverter.Int32BitsToSingle(((n - half) << 23) + LaneBits.One);
        }

        return value;
    }

    public static ScalarLanes RoundToBFloat16(ScalarLanes a)
    {
        for (int i = 0; i < Count; i++)
        {
            int bits = BitConverter.SingleToInt32Bits(a[i]);
            int rounded = bits + 0x7FFF + ((bits >>> 16) & 1);
            a[i] = BitConverter.Int32BitsToSingle((float.IsNaN(a[i]) ? bits | LaneBits.Quiet : rounded) & LaneBits.UpperHalf);
        }

        return a;
    }

    public static float Sum(ScalarLanes a)
    {
        for (int distance = Count / 2; distance > 0; distance /= 2)
        {
            for (int i = 0; i < distance; i++)
            {
                a[i] += a[i + distance];
            }
        }

        return a[0];
    }

    public static float Max(ScalarLanes a)
    {
        for (int distance = Count / 2; distance > 0; distance /= 2)
        {
            for (int i = 0; i < distance; i++)
            {
                a[i] = a[i + distance] > a[i] ? a[i + distance] : a[i];
            }
        }

        return a[0];
    }
}
