using System.Runtime.InteropServices;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>Weights as a checkpoint has them: random codes of every value, scales of both signs.</summary>
internal static class Weights
{
    /// <summary>Types that have integer kernels.</summary>
    public static ElementType[] Quantised { get; } = [.. ElementTypes.All.Select(info => info.Type).Where(type => BlockGroups.Of(type) is not null)];

    /// <summary>All types that kernels of their own read.</summary>
    public static ElementType[] All { get; } = [ElementType.F32, ElementType.F16, ElementType.BF16, .. Quantised];

    /// <summary>The bytes of a matrix.</summary>
    public static byte[] Random(ElementType type, int rows, int columns, Random random)
    {
        ElementTypeInfo info = ElementTypes.Info(type);
        byte[] data = new byte[rows * info.BytesFor(columns)];
        random.NextBytes(data);
        for (int at = 0; at < data.Length; at += info.BlockBytes)
        {
            FixFloats(type, data.AsSpan(at, info.BlockBytes), random);
        }

        return data;
    }

    /// <summary>A row's values by the scalar reference of the formats.</summary>
    public static float[] Decode(ElementType type, byte[] data, int row, int columns)
    {
        float[] values = new float[columns];
        int rowBytes = (int)ElementTypes.Info(type).BytesFor(columns);
        BlockCodec.Decode(type, data.AsSpan(row * rowBytes, rowBytes), values);
        return values;
    }

    private static void FixFloats(ElementType type, Span<byte> block, Random random)
    {
        float Signed() => (random.NextSingle() - 0.5f) / 8;
        int[] halves = type switch
        {
            ElementType.Q4_1 or ElementType.Q5_1 or ElementType.Q4_K or ElementType.Q5_K => [0, 2],
            ElementType.Q2_K => [80, 82],
            ElementType.Q3_K => [108],
            ElementType.Q6_K => [208],
            ElementType.BF16 or ElementType.F32 or ElementType.MXFP4 => [],
            _ => [0],
        };
        foreach (int at in halves)
        {
            // Now and then one of the subnormals, whose widening is the delicate one.
            Half value = random.Next(8) == 0 ? BitConverter.UInt16BitsToHalf((ushort)random.Next(0x400)) : (Half)Signed();
            MemoryMarshal.Write(block[at..], value);
        }

        switch (type)
        {
            case ElementType.F32:
                MemoryMarshal.Write(block, Signed());
                break;
            case ElementType.BF16:
                MemoryMarshal.Write(block, (ushort)(BitConverter.SingleToUInt32Bits(Signed()) >> 16));
                break;
            case ElementType.MXFP4:
                block[0] = (byte)random.Next(110, 130);
                break;
            default:
                break;
        }
    }
}
