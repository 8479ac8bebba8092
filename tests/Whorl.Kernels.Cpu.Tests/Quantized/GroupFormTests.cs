using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Quantized;
using Whorl.Kernels.Cpu.Tests.Linear;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Quantized;

public sealed class GroupFormTests
{
    public static TheoryData<ElementType> Types() => [.. Weights.Quantised];

    [Theory]
    [MemberData(nameof(Types))]
    public void Codes_scales_and_minimums_stand_for_the_codecs_values_to_the_bit(ElementType type)
    {
        ElementTypeInfo info = ElementTypes.Info(type);
        GroupForm form = GroupForm.Of(type)!;
        byte[] data = Weights.Random(type, 1, info.BlockSize * 50, new Random(1));
        for (int b = 0; b < 50; b++)
        {
            sbyte[] codes = new sbyte[info.BlockSize];
            float[] scales = new float[info.BlockSize / form.Size], minimums = new float[scales.Length], values = new float[info.BlockSize], expected = new float[info.BlockSize];
            ReadOnlySpan<byte> block = data.AsSpan(b * info.BlockBytes, info.BlockBytes);
            form.Decode(block, codes, scales, minimums);
            BlockCodec.Decode(type, block, expected);
            for (int g = 0; g < scales.Length; g++)
            {
                float? minimum = form.HasMinimum ? minimums[g] : null;
                LinearDefinition.Expand(codes.AsSpan(g * form.Size, form.Size), scales[g], minimum, values.AsSpan(g * form.Size, form.Size));
            }

            Bits.Equal(expected, values, $"{type}, block {b}");
        }
    }
}
